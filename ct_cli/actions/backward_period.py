"""A period that ends before it begins, as evidence and reports refuse it."""

from ct_cli.errors import UsageError


class BackwardPeriod(UsageError):
    """The period ends in {last}, before it begins in {first}: give the earlier month to --from."""

    code = "backward-period"
