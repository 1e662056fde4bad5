"""Local accounts of the desk: names, roles and argon2 password hashes in one JSON file."""

from __future__ import annotations

import json
import os
import re
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from desk.errors import AccountsInvalidError

_HASHER = PasswordHasher()
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$8USg59qZZ503KEs9JVGqwg$As5I0hm5lhueXmYAK3zwUI+6QpvDfzB0agk1YgipfTM"
"""A hash that no password has, so that an unknown name takes as long as a wrong password."""
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
MIN_PASSWORD = 12
"""Characters that a password has at least (NIST SP 800-63B asks for 8; the desk releases money)."""


class Role(StrEnum):
    """What an account may do at the desk."""

    REVIEWER = "reviewer"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True)
class Account:
    """One person's account.

    Attributes:
        name: Name to sign in with; stands in events and decisions.
        password_hash: argon2id hash.
        role: Reviewers see and decide; auditors only see.
        phone: Number on which a reviewer takes customers, in E.164 form, or empty.
    """

    name: str
    password_hash: str
    role: Role = Role.REVIEWER
    phone: str = ""


class Accounts:
    """The accounts of one file; a change of the file is taken up at the next sign-in or page."""

    def __init__(self, path: Path) -> None:
        """Use a file; one that does not exist holds no account."""
        self._path = path

    def find(self, name: str) -> Account | None:
        """The account of that name, or None.

        Raises:
            AccountsInvalidError: The file is no account file.
        """
        return self._load().get(name)

    def check(self, name: str, password: str) -> Account | None:
        """The account if the password is right; an unknown name takes as long as a wrong password (blocking, ~50 ms).

        Raises:
            AccountsInvalidError: The file is no account file.
        """
        account = self.find(name)
        try:
            _HASHER.verify(account.password_hash if account else _NOBODY, password)
        except (VerificationError, InvalidHashError):
            return None
        return account

    def save(self, name: str, password: str, role: Role = Role.REVIEWER, phone: str = "") -> Account:
        """Create an account or give it a new password and role; its running sessions end.

        Raises:
            AccountsInvalidError: Name, password or number break the rules, or the file is no account file.
        """
        if not _NAME.fullmatch(name):
            raise AccountsInvalidError(
                f"account name {name!r}: use 2 to 64 small letters, digits, dots, hyphens or underscores"
            )
        if len(password) < MIN_PASSWORD:
            raise AccountsInvalidError(f"the password needs {MIN_PASSWORD} characters or more")
        if phone and not _PHONE.fullmatch(phone):
            raise AccountsInvalidError("write the telephone number like +442079460000")
        account = Account(name, _HASHER.hash(password), role, phone)
        self.put(account)
        return account

    def put(self, account: Account) -> None:
        """Store an account whose password is hashed already.

        Raises:
            AccountsInvalidError: The file is no account file.
        """
        self._write({**self._load(), account.name: account})

    def remove(self, name: str) -> bool:
        """Delete an account and end its sessions; False where there is none.

        Raises:
            AccountsInvalidError: The file is no account file.
        """
        accounts = self._load()
        if accounts.pop(name, None) is None:
            return False
        self._write(accounts)
        return True

    def names(self) -> tuple[str, ...]:
        """Names of all accounts, sorted.

        Raises:
            AccountsInvalidError: The file is no account file.
        """
        return tuple(sorted(self._load()))

    def _load(self) -> dict[str, Account]:
        try:
            document = json.loads(self._path.read_text("utf-8"))
            return {
                name: Account(name, str(entry["password_hash"]), Role(entry["role"]), str(entry.get("phone", "")))
                for name, entry in document["accounts"].items()
            }
        except FileNotFoundError:
            return {}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise AccountsInvalidError(f"{self._path} is no account file ({error}); restore it or delete it") from error

    def _write(self, accounts: dict[str, Account]) -> None:
        entries = {
            a.name: {"password_hash": a.password_hash, "role": a.role.value} | ({"phone": a.phone} if a.phone else {})
            for a in accounts.values()
        }
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.name)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"accounts": entries}, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, self._path)
