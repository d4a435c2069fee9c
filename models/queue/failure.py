"""What a job that cannot be done leaves behind."""

from collections import namedtuple

# Of the kinds of `xero.sync.job.failure_type`; the sentence for people; where they fix it; the job's next state.
Failure = namedtuple("Failure", "kind message fix state", defaults=(None, "failed"))
