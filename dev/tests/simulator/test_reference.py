"""Organisation, accounts, tax rates, currencies, tracking, items (facts 4.12)."""

import pytest
from simulator_client import line

ORGANISATIONS = {
    "au": ("AU", "AUD", {"OUTPUT": 10, "INPUT": 10, "EXEMPTOUTPUT": 0, "BASEXCLUDED": 0}),
    "uk": ("GB", "GBP", {"OUTPUT2": 20, "INPUT2": 20, "ZERORATEDOUTPUT": 0, "RROUTPUT": 5, "NONE": 0}),
    "nz": ("NZ", "NZD", {"OUTPUT2": 15, "INPUT2": 15, "ZERORATED": 0, "NONE": 0}),
    "us": ("US", "USD", {"TAX001": 8.25, "TAX003": 8.875, "NONE": 0}),
}


def organisation_of(api):
    (row,) = api.get("Organisation")["Organisations"]
    return row


def write(api, method, path, **body):
    return api.call(method, path, json=body)


def messages(answer):
    assert answer.status_code == 400, answer.text
    body = answer.json()
    assert (body["ErrorNumber"], body["Type"]) == (10, "ValidationException")
    return [error["Message"] for element in body["Elements"] for error in element["ValidationErrors"]]


class TestSeeds:
    @pytest.mark.parametrize(("seed", "facts"), ORGANISATIONS.items())
    def test_organisation(self, sim, seed, facts):
        row = organisation_of(sim.api(seed))
        assert (row["CountryCode"], row["BaseCurrency"]) == facts[:2]
        for name in ("ShortCode", "Timezone", "Class", "Edition", "Version", "FinancialYearEndDay", "SalesTaxBasis",
                     "DefaultSalesTax", "OrganisationID", "OrganisationStatus", "CreatedDateUTC"):  # fmt: skip
            assert row[name], name
        assert row["IsDemoCompany"] is False
        assert row["ShortCode"].startswith("!")
        assert "PeriodLockDate" not in row

    @pytest.mark.parametrize(("seed", "facts"), ORGANISATIONS.items())
    def test_tax_rates(self, sim, seed, facts):
        rates = {row["TaxType"]: row for row in sim.api(seed).rows("TaxRates")}
        for tax_type, percent in facts[2].items():
            assert float(rates[tax_type]["EffectiveRate"]) == percent
            assert sum(part["Rate"] for part in rates[tax_type]["TaxComponents"]) == rates[tax_type]["EffectiveRate"]

    @pytest.mark.parametrize("seed", ORGANISATIONS)
    def test_every_account_has_a_tax_rate_that_fits_it(self, sim, seed):
        api = sim.api(seed)
        rates = {row["TaxType"]: row for row in api.rows("TaxRates")}
        applies = {"ASSET": "Assets", "LIABILITY": "Liabilities", "EQUITY": "Equity", "REVENUE": "Revenue",
                   "EXPENSE": "Expenses"}  # fmt: skip
        for account in api.rows("Accounts"):
            rate = rates[account["TaxType"]]
            assert rate["Status"] == "ACTIVE"
            assert rate[f"CanApplyTo{applies[account['Class']]}"], account

    @pytest.mark.parametrize("seed", ORGANISATIONS)
    def test_chart_has_what_connectors_look_for(self, sim, seed):
        accounts = sim.api(seed).rows("Accounts")
        system = {row["SystemAccount"]: row for row in accounts}
        for name in ("DEBTORS", "CREDITORS", "GST", "ROUNDING", "REALISEDCURRENCYGAIN", "UNREALISEDCURRENCYGAIN",
                     "BANKCURRENCYGAIN", "RETAINEDEARNINGS", "HISTORICAL"):  # fmt: skip
            assert name in system, name
        assert system["ROUNDING"]["Code"] == "860"
        assert {row["Class"] for row in accounts} == {"ASSET", "LIABILITY", "EQUITY", "REVENUE", "EXPENSE"}
        assert any(row["Status"] == "ARCHIVED" for row in accounts)
        assert any(row["EnablePaymentsToAccount"] for row in accounts)
        banks = [row for row in accounts if row["Type"] == "BANK"]
        assert len(banks) >= 3 and all(row["CurrencyCode"] and row["BankAccountNumber"] for row in banks)
        codes = [row["Code"] for row in accounts if "Code" in row]
        assert len(codes) == len(set(codes)) > 45

    def test_ids_are_the_same_after_a_reset(self, sim, au):
        before = {row["AccountID"] for row in au.rows("Accounts")}
        tenant = au.tenant
        sim.control("reset")
        au = sim.api("au")
        assert au.tenant == tenant
        assert {row["AccountID"] for row in au.rows("Accounts")} == before

    def test_actions(self, sim):
        found = {}
        for seed in ("au", "us"):
            rows = sim.api(seed).get("Organisation/Actions")["Actions"]
            found[seed] = {row["Name"]: row["Status"] for row in rows}
        assert found["au"]["CreateApprovedInvoice"] == "ALLOWED"
        assert found["au"]["UseMulticurrency"] == "ALLOWED"
        assert found["us"]["UseMulticurrency"] == "NOT-ALLOWED"

    def test_users_and_themes(self, au):
        assert {row["OrganisationRole"] for row in au.rows("Users")} == {"FINANCIALADVISER", "STANDARD"}
        assert au.rows("BrandingThemes")[0]["Name"] == "Standard"


class TestAccounts:
    def new(self, **fields):
        return {"Code": "299", "Name": "Online Sales", "Type": "REVENUE", "TaxType": "OUTPUT"} | fields

    def test_create_and_use(self, au):
        answer = write(au, "PUT", "Accounts", **self.new())
        account = answer.json()["Accounts"][0]
        assert (account["Class"], account["Status"]) == ("REVENUE", "ACTIVE")
        assert au.invoice(LineItems=[line(AccountCode="299")])
        assert au.one("Accounts/299")["AccountID"] == account["AccountID"]

    @pytest.mark.parametrize(
        "fields",
        [{"Code": "200"}, {"Name": "SALES"}, {"Code": "x" * 11}, {"Name": "x" * 151}, {"Type": "MAGIC"}, {"Code": ""},
         {"Name": None}, {"TaxType": "NONSENSE"}, {"Type": "BANK"}],
    )  # fmt: skip
    def test_refused(self, au, fields):
        assert messages(write(au, "PUT", "Accounts", **self.new(**fields)))

    def test_one_account_a_call(self, au):
        assert messages(write(au, "PUT", "Accounts", Accounts=[self.new(), self.new(Code="298", Name="B")]))

    def test_bank_accounts_cannot_be_updated(self, au):
        bank = au.one("Accounts/090")["AccountID"]
        assert messages(write(au, "POST", f"Accounts/{bank}", Name="New name"))

    def test_archiving_is_a_call_of_its_own(self, au):
        account = au.one("Accounts/260")["AccountID"]
        assert messages(write(au, "POST", f"Accounts/{account}", Status="ARCHIVED", Name="x"))
        assert write(au, "POST", f"Accounts/{account}", Status="ARCHIVED").status_code == 200
        assert au.refused("Invoices", **au.draft_fields(LineItems=[line(AccountCode="260")])) == [
            "Account code '260' has been archived, or deleted."
        ]

    def test_renaming_moves_the_update_time(self, au):
        before = au.one("Accounts/260")
        write(au, "POST", f"Accounts/{before['AccountID']}", Name="Extra Revenue").raise_for_status()
        after = au.one("Accounts/260")
        assert after["Name"] == "Extra Revenue"
        assert after["UpdatedDateUTC"] > before["UpdatedDateUTC"]

    def test_deleting(self, au):
        used, unused, system = (au.one(f"Accounts/{code}")["AccountID"] for code in ("200", "260", "610"))
        au.invoice()
        assert messages(au.call("DELETE", f"Accounts/{used}"))
        assert messages(au.call("DELETE", f"Accounts/{system}"))
        assert au.call("DELETE", f"Accounts/{unused}").status_code == 200
        assert au.call("GET", f"Accounts/{unused}").status_code == 404


class TestTaxRates:
    NEW = {"Name": "Local", "ReportTaxType": "OUTPUT", "TaxComponents": [{"Name": "City", "Rate": "3"}]}

    def test_custom_rate_gets_a_code(self, au):
        made = write(au, "PUT", "TaxRates", **self.NEW).json()["TaxRates"][0]
        assert (made["TaxType"], made["EffectiveRate"]) == ("TAX001", 3)
        assert au.invoice(LineItems=[line(TaxType="TAX001")])["TotalTax"] == 3
        assert len(au.rows("TaxRates", TaxType="TAX001")) == 1

    def test_report_type_is_needed_outside_the_us(self, sim, au):
        bare = {name: value for name, value in self.NEW.items() if name != "ReportTaxType"}
        assert messages(write(au, "PUT", "TaxRates", **bare)) == ["ReportTaxType is required"]
        assert write(sim.api("us"), "PUT", "TaxRates", **bare).status_code == 200

    def test_compound_component(self, au):
        parts = [{"Name": "A", "Rate": 10}, {"Name": "B", "Rate": 5, "IsCompound": True}]
        made = write(au, "PUT", "TaxRates", **self.NEW | {"TaxComponents": parts}).json()["TaxRates"][0]
        assert made["EffectiveRate"] == 15.5

    def test_components_cannot_be_renamed(self, au):
        write(au, "PUT", "TaxRates", **self.NEW)
        change = {"TaxType": "TAX001", "TaxComponents": [{"Name": "Town", "Rate": 3}]}
        assert messages(write(au, "POST", "TaxRates", **change))
        change["TaxComponents"][0] = {"Name": "City", "Rate": 4}
        assert write(au, "POST", "TaxRates", **change).json()["TaxRates"][0]["EffectiveRate"] == 4

    def test_names_are_unique(self, au):
        assert messages(write(au, "PUT", "TaxRates", **self.NEW | {"Name": "GST on Income"}))


class TestCurrencies:
    def test_added_but_never_removed(self, au):
        assert write(au, "PUT", "Currencies", Code="JPY").json()["Currencies"][0]["Code"] == "JPY"
        assert "JPY" in [row["Code"] for row in au.rows("Currencies")]
        assert au.call("DELETE", "Currencies").status_code == 501

    def test_refused(self, sim, au):
        assert messages(write(au, "PUT", "Currencies", Code="USD"))
        assert messages(write(au, "PUT", "Currencies", Code="US"))
        assert messages(write(sim.api("us"), "PUT", "Currencies", Code="EUR"))


class TestTracking:
    def test_two_active_categories_at_most(self, au):
        assert messages(write(au, "PUT", "TrackingCategories", Name="Third"))
        region = au.rows("TrackingCategories", where='Name=="Region"')[0]["TrackingCategoryID"]
        write(au, "POST", f"TrackingCategories/{region}", Status="ARCHIVED").raise_for_status()
        assert write(au, "PUT", "TrackingCategories", Name="Third").status_code == 200
        assert len(au.rows("TrackingCategories")) == 2
        assert len(au.rows("TrackingCategories", includeArchived="true")) == 3

    def test_options(self, au):
        region = au.rows("TrackingCategories", where='Name=="Region"')[0]
        path = f"TrackingCategories/{region['TrackingCategoryID']}/Options"
        made = write(au, "PUT", path, Name="Centre").json()["Options"][0]
        assert au.invoice(LineItems=[line(Tracking=[{"Name": "Region", "Option": "Centre"}])])
        write(au, "POST", f"{path}/{made['TrackingOptionID']}", Status="ARCHIVED").raise_for_status()
        element = au.draft_fields(LineItems=[line(Tracking=[{"Name": "Region", "Option": "Centre"}])])
        assert au.refused("Invoices", **element)
        assert messages(write(au, "PUT", path, Name="north"))

    def test_names_up_to_100(self, au):
        region = au.rows("TrackingCategories")[0]["TrackingCategoryID"]
        assert messages(write(au, "POST", f"TrackingCategories/{region}", Name="n" * 101))


class TestItems:
    def test_code_is_unique(self, au):
        au.save("Items", Code="abc", Name="A")
        assert au.refused("Items", Code="ABC") == ["Price List Item with Code 'ABC' already exists"]
        assert au.change("Items", Code="abc", Name="B")["Name"] == "B"
        assert au.one("Items/abc")["Name"] == "B"

    def test_lengths(self, au):
        assert au.refused("Items", Code="c" * 31)
        assert au.refused("Items", Code="c", Name="n" * 51)
        assert au.refused("Items", Name="no code")

    def test_flags_wipe_their_side(self, au):
        made = au.save("Items", Code="a", SalesDetails={"UnitPrice": "1.2345", "AccountCode": "200"})
        assert made["IsSold"] is True
        assert str(au.one("Items/a")["SalesDetails"]["UnitPrice"]) == "1.23"
        assert str(au.one("Items/a", unitdp=4)["SalesDetails"]["UnitPrice"]) == "1.2345"
        assert "SalesDetails" not in au.change("Items", ItemID=made["ItemID"], IsSold=False)

    def test_tracked_needs_both_accounts(self, au):
        assert au.refused("Items", Code="a", InventoryAssetAccountCode="630")
        made = au.save("Items", Code="a", InventoryAssetAccountCode="630",
                       PurchaseDetails={"COGSAccountCode": "310", "UnitPrice": 2})  # fmt: skip
        assert made["IsTrackedAsInventory"] is True

    def test_delete(self, au):
        au.save("Items", Code="a")
        assert au.call("DELETE", "Items/a").status_code == 204
        assert au.rows("Items") == []
