"""The account commands: reviewers of the desk, kept in the data folder."""

from __future__ import annotations

import typer

from desk.accounts import Accounts
from desk.errors import AccountsInvalidError
from riskcall.errors import SettingsInvalidError
from riskcall.settings import Settings


def add_account(settings: Settings, name: str, password: str, phone: str = "") -> None:
    """Create an account or set its password anew.

    Raises:
        SettingsInvalidError: Name, password or number break the rules, or the file of accounts cannot be read.
    """
    try:
        account = Accounts(settings.accounts_path).save(name, password, phone=phone)
    except AccountsInvalidError as error:
        raise SettingsInvalidError(str(error)) from error
    typer.echo(f"{account.name} may sign in at the desk as {account.role.value}.")


def show_accounts(settings: Settings) -> None:
    """Print the names of all accounts.

    Raises:
        SettingsInvalidError: The file of accounts cannot be read.
    """
    try:
        names = Accounts(settings.accounts_path).names()
    except AccountsInvalidError as error:
        raise SettingsInvalidError(str(error)) from error
    typer.echo("\n".join(names) if names else "No accounts yet: `riskcall account add NAME` makes one.")
