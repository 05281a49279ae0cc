"""A REDCap server, read through its own interface: the same forms as from files.

PyCap does the asking; it comes with the extra `redcap`. The token is a password to a whole
project: it is read from the environment variable REDCAP_TOKEN, or from the keyring of the
computer, and stands in no file, no message and no finding.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from sequela.findings import Finding
from sequela.sources.guard import guarded
from sequela.sources.options import RedcapOptions, SourceOptions
from sequela.sources.source import Source, read_contents

TOKEN = "REDCAP_TOKEN"  # noqa: S105 (the name of a variable)
_KEYRING = "sequela-redcap"
_NEAR = {"127.0.0.1", "localhost", "::1"}


def read_server(url: str, options: RedcapOptions | None = None) -> Source:
    """All records of the project that the token opens, as its forms, and what is wrong.

    `url` is the address of the server's interface (`https://.../api/`); only a server on this
    computer may be asked without encryption.
    """
    name = urlsplit(url).hostname or "server"
    token = _token(url)
    refusal = _refusal(name, url, token)
    if refusal:
        return Source(name, "redcap", (), (refusal,))
    try:
        contents = guarded(_ask, url, token)
    except ValueError as error:
        return Source(name, "redcap", (), (_no_answer(name, str(error)),))
    return read_contents(name, "redcap", contents, SourceOptions(redcap=options or RedcapOptions()))


def _token(url: str) -> str:
    if token := os.environ.get(TOKEN, "").strip():
        return token
    try:
        import keyring

        return str(guarded(keyring.get_password, _KEYRING, url) or "")
    except (ModuleNotFoundError, ValueError):
        return ""


def _ask(url: str, token: str) -> Mapping[str, bytes]:
    """The dictionary and the records as files; events where the project has them."""
    import redcap

    project = redcap.Project(url, token)
    contents = {
        "dictionary.csv": project.export_metadata(format_type="csv"),
        "records.csv": project.export_records(format_type="csv", raw_or_label="raw"),
    }
    if project.is_longitudinal:
        contents["events.csv"] = project.export_instrument_event_mappings(format_type="csv")
    return {name: str(text).encode("utf-8") for name, text in contents.items()}


def _refusal(name: str, url: str, token: str) -> Finding | None:
    from importlib.util import find_spec

    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _NEAR:
        return _finding(
            name,
            "redcap-server-not-encrypted",
            "the server's address does not begin with https, so the token could be read on the way",
            "Use the https address that REDCap shows under API.",
        )
    if not token:
        return _finding(
            name,
            "redcap-token-absent",
            f"there is no token for the server in {TOKEN} or the keyring",
            f"Set the environment variable {TOKEN}; never write a token into a file.",
        )
    if find_spec("redcap") is None:
        return _finding(
            name,
            "reader-not-installed",
            "what asks a REDCap server is not installed",
            "Install it with: pip install 'sequela[redcap]'.",
        )
    return None


def _no_answer(name: str, kind: str) -> Finding:
    return _finding(
        name,
        "redcap-server-no-answer",
        f"the server gave no project ({kind})",
        "Look whether the address and the token are right, and whether you may export data.",
    )


def _finding(name: str, code: str, message: str, remedy: str) -> Finding:
    return Finding(code=code, severity="error", file=name, message=message, remedy=remedy)
