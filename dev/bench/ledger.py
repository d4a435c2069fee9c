"""What the ledger costs: journals, trial balances, and lines that are divided into shares."""

from dev.bench.runner import Bench

ENTRIES, LINES = 1000, 100_000


def journals(bench: Bench) -> dict[str, float]:
    """Calls that send 1,000 journal entries; the reading of the settings is none of them."""
    bench.drain()
    bench.inside("ledger.make_entries", connection=bench.connection, count=ENTRIES, lines=2)
    bench.stack.simulator.post("stats/reset")
    bench.drain()
    return {"journal_calls_per_1000_entries": bench.stack.simulator.get("stats")["total_calls"]}


def trial_balance(bench: Bench) -> dict[str, float]:
    """CPU seconds, PostgreSQL's too, of setting 100,000 journal items against Xero's accounts."""
    options = {"connection": bench.connection, "lines": LINES, "postmaster": bench.postmaster()}
    return {"trial_balance_s_per_100k_lines": bench.inside("ledger.time_trial_balance", **options)}


def shares(bench: Bench) -> dict[str, float]:
    """CPU of mapping invoices whose lines are for four analytic accounts each, divided and not."""
    return {"split_cost_ratio": bench.inside("ledger.time_shares", connection=bench.connection)}


FIGURES = {
    "journal_calls_per_1000_entries": journals,
    "trial_balance_s_per_100k_lines": trial_balance,
    "split_cost_ratio": shares,
}
