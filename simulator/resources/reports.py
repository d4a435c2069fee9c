"""/Reports: trial balance, profit and loss, balance sheet, bank summary."""

from werkzeug.wrappers import Response

from ..api.call import Call
from ..api.envelope import answer
from ..errors import not_found, text
from ..ledger.books import books_of
from ..reports import balance_sheet, bank_summary, profit_and_loss, trial_balance

REPORTS = {
    "BalanceSheet": balance_sheet.make,
    "BankSummary": bank_summary.make,
    "ProfitAndLoss": profit_and_loss.make,
    "TrialBalance": trial_balance.make,
}


def serve(call: Call) -> Response:
    """GET of one report; ``paymentsOnly`` counts on cash basis."""
    if len(call.path) != 1 or call.path[0] not in REPORTS:
        raise not_found()
    if call.method != "GET":
        raise text(501, "Not implemented")
    cash = call.path[0] != "BankSummary" and call.flag("paymentsOnly")
    return answer(call, "Reports", [REPORTS[call.path[0]](call, books_of(call.org, call.readings, cash))])
