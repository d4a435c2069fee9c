"""What is left in order when the addon goes."""


def uninstall_hook(env):
    """Archive the rules that name sales teams: without the column they would be for every line."""
    rules = env["xero.field.rule"].with_context(active_test=False).search([("match_team_ids", "!=", False)])
    rules.sudo().write({"active": False, "state": "draft"})
