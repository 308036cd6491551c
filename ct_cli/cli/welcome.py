"""`ct` alone: one screen for a first-time user."""

from collections.abc import Collection, Iterator

from ct_cli.output.terminal import Terminal


def welcome(commands: Collection[str]) -> None:
    """What ct is and is not, how the window stands, and what to type next."""
    from ct_cli.output.views.welcome import view

    terminal = Terminal()
    terminal.page(view(commands, _window()))
    for words in _queue():
        terminal.data(f"\n{words}\n")


def _window() -> str:
    from ct_cli.actions.show_windows import show_windows
    from ct_cli.actions.workplace import Workplace
    from ct_cli.errors import CtError
    from ct_cli.output.views.welcome import in_one_line
    from ct_cli.settings import read_settings

    try:
        return in_one_line(show_windows(Workplace(read_settings()), None).windows[0])
    except CtError as error:  # A first screen has to come whatever is wrong here, and says what it is.
        return f"{error.sentence} `ct doctor` tells more."


def _queue() -> Iterator[str]:
    """What waits on this computer for a server, or was not taken by it."""
    from ct_cli.actions.queue_counts import queue_counts
    from ct_cli.errors import CtError
    from ct_cli.settings import read_settings

    try:
        counts = queue_counts(read_settings())
    except CtError:  # said above
        return
    if counts:
        from ct_cli.output.views.queue_words import in_the_queue

        yield from in_the_queue(counts)
