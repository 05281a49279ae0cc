"""A REDCap server, stood in for on this computer: the same forms, and a token that never shows."""

from __future__ import annotations

import csv
import io
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import pytest
from redcap_project import HEADER, PERSON, RELAPSE, export

from sequela.sources.redcap_server import read_server

TOKEN = "0123456789ABCDEF0123456789ABCDEF"
METADATA = (
    "field_name,form_name,field_type,field_label,select_choices_or_calculations,"
    "text_validation_type_or_show_slider_number,identifier,branching_logic\n"
    "record_id,person,text,Record,,,,\nmrn,person,text,Number,,,y,\n"
    'sex,person,radio,Sex,"1, Female | 2, Male",,,\n'
    "relapsed,relapse,text,Relapsed,,date_dmy,,\n"
)
RECORDS = export(
    PERSON, RELAPSE, header=[h for h in HEADER if h.startswith(("rec", "red", "mrn", "sex", "rel"))]
)


class StandIn(BaseHTTPRequestHandler):
    """Answers as a REDCap server does; another token than the right one is refused."""

    def do_POST(self):
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        asked = {name: values[0] for name, values in form.items()}
        status, body = 200, self.answer(asked)
        if asked.get("token") != TOKEN:
            status, body = 403, json.dumps({"error": "no permission"})
        self.send_response(status)
        kind = "application/json" if asked.get("format") == "json" else "text/csv"
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(body.encode())

    def answer(self, asked):
        text = {"metadata": METADATA, "record": RECORDS, "version": "14.0.0"}.get(
            asked.get("content"), "{}"
        )
        if asked.get("content") == "metadata" and asked.get("format") == "json":
            return json.dumps(list(csv.DictReader(io.StringIO(METADATA))))
        if asked.get("content") == "formEventMapping":
            return json.dumps({"error": "not longitudinal"})
        return text

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with HTTPServer(("127.0.0.1", 0), StandIn) as standing:
        thread = threading.Thread(target=standing.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{standing.server_port}/api/"
        standing.shutdown()
        thread.join()


def test_a_server_gives_the_same_forms(server, monkeypatch):
    pytest.importorskip("redcap", reason="PyCap comes with the extra `redcap`")
    monkeypatch.setenv("REDCAP_TOKEN", TOKEN)
    source = read_server(server)
    assert [f for f in source.findings if f.severity == "error"] == []
    assert [t.name for t in source.tables] == ["person", "relapse"]
    assert source.table("relapse").column("relapsed").to_list() == ["2019-03-14"]
    assert source.table("person").notes["mrn"].identifier


def test_a_wrong_token_is_said_and_never_shown(server, monkeypatch, caplog):
    pytest.importorskip("redcap", reason="PyCap comes with the extra `redcap`")
    wrong = "F" * 32
    monkeypatch.setenv("REDCAP_TOKEN", wrong)
    source = read_server(server)
    assert [f.code for f in source.findings] == ["redcap-server-no-answer"]
    assert wrong not in str(source) + caplog.text


def test_without_a_token_nothing_is_asked(monkeypatch):
    monkeypatch.delenv("REDCAP_TOKEN", raising=False)
    (finding,) = read_server("https://redcap.example/api/").findings
    assert finding.code == "redcap-token-absent"
    assert finding.file == "redcap.example"


def test_a_token_is_never_sent_in_the_clear(monkeypatch):
    monkeypatch.setenv("REDCAP_TOKEN", TOKEN)
    (finding,) = read_server("http://redcap.example/api/").findings
    assert finding.code == "redcap-server-not-encrypted"
    assert TOKEN not in str(finding)
