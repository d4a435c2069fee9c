"""Companies with a chart of accounts for the tests inside Odoo: making one costs seconds, taking one costs nothing.

`tests/common/__init__.py` takes them by their name, and makes its own where there are none.
"""

from typing import Any

from odoo import Command
from odoo.addons.base.tests.common import DISABLED_MAIL_CONTEXT

NAME = "Spare company"


def make(env: Any, *, count: int) -> None:
    """Make `count` companies just as Odoo's tests of accounting do."""
    env = env(context=DISABLED_MAIL_CONTEXT)
    charts = env["account.chart.template"]
    for number in range(count):
        company = env["res.company"].create({"name": f"{NAME} {number}"})
        chart = charts._guess_chart_template(company.country_id)
        charts.try_loading(chart, company=company, install_demo=False)
        company.account_fiscal_country_id = company.account_fiscal_country_id or env.ref("base.us")
        env.user.company_ids = [Command.unlink(company.id)]
    env.cr.commit()
