"""The floor of any Typer program: one command that does nothing."""

import typer

app = typer.Typer(add_completion=False)


@app.command()
def main() -> None:
    """Do nothing."""


if __name__ == "__main__":
    app()
