"""Every trouble of setting up is one sentence in each language that says what to do."""

import errno
import re
from pathlib import Path

import pytest

from script.setup import browser_packages, commands, environment, locked_lists, provision, trouble
from script.setup.checkout import Checkout, here
from script.setup.trouble import Trouble
from tests.setup.trial import Trial


@pytest.mark.parametrize(
    ("tool", "said"),
    [
        ("apt", "W: Failed to fetch x  Temporary failure resolving 'deb.example'"),
        ("pip", "Failed to establish a new connection: [Errno 111] Connection refused"),
        ("uv", "error: Request failed\n  Caused by: error sending request\n  Caused by: dns error"),
        ("npm", "npm error code ENOTFOUND"),
    ],
)
def test_no_network_is_recognised_in_what_each_tool_says(tool: str, said: str) -> None:
    reason = commands.reason_in(said, Path("log"))
    assert reason is not None, tool
    assert "检查网络" in reason.words.zh
    assert "check the network" in reason.words.en


def test_a_wrong_hash_is_recognised() -> None:
    reason = commands.reason_in("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE FILE.", Path("log"))
    assert reason is not None
    assert "锁定的校验值不符" in reason.words.zh


def test_a_failing_tool_gives_its_last_words_and_the_log(tmp_path: Path) -> None:
    with pytest.raises(Trouble) as raised:
        commands.run(["sh", "-c", "echo first; echo 'the disk is on fire'; exit 3"], log=tmp_path / "log")
    assert "the disk is on fire" in raised.value.words.en
    assert str(tmp_path / "log") in raised.value.words.zh


def test_a_full_disk_met_by_a_tool_is_said_as_such(tmp_path: Path) -> None:
    with pytest.raises(Trouble) as raised:
        commands.run(["sh", "-c", "echo 'write: No space left on device'; exit 1"], log=tmp_path / "log")
    assert "磁盘空间不足" in raised.value.words.zh


def test_a_full_disk_met_by_ourselves_is_said_as_such(tmp_path: Path) -> None:
    words = trouble.from_os(OSError(errno.ENOSPC, "No space left on device", str(tmp_path))).words
    assert str(tmp_path) in words.zh
    assert "free at least" in words.en


def test_too_little_room_is_said_before_anything_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "requirements.txt").write_text("flask\n")
    monkeypatch.setattr(provision, "ROOM_FIRST_MB", 10**9)
    checkout = Checkout(tmp_path)
    checkout.prepare()
    with pytest.raises(Trouble, match="is full"):
        provision.for_command(checkout)
    assert not checkout.venv.exists()


@pytest.mark.parametrize("text", ["eighty", "0", "65535", "-1", "80.5"])
def test_a_port_that_cannot_be_is_named(text: str) -> None:
    with pytest.raises(Trouble) as raised:
        environment.port({"PORT": text})
    assert f"PORT={text}" in raised.value.words.zh


@pytest.mark.setup
def test_a_missing_list_is_named(fresh: Trial) -> None:
    (fresh.root / "requirements.txt").unlink()
    ended = fresh.flask("--version")
    assert ended.returncode == 1
    assert "requirements.txt is missing" in ended.stderr


@pytest.mark.setup
def test_without_network_a_first_start_says_to_check_it(fresh: Trial) -> None:
    (fresh.root / ".venv").unlink()
    closed = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_CONFIG_FILE": "/dev/null", "PIP_FIND_LINKS": ""}
    said = fresh.refused(environ={**closed, "PIP_RETRIES": "1"})
    assert "连不上软件源：请检查网络或代理" in said
    assert "Traceback" not in said


def test_locked_lists_have_hashes_and_no_address() -> None:
    lists = sorted(here().root.glob("requirements*.txt"))
    assert lists
    for path in lists:
        text = path.read_text(encoding="utf-8")
        assert not [address for address in locked_lists.ADDRESSES if address in text], path.name
        pinned = re.findall(r"^[A-Za-z0-9].*==", text, re.MULTILINE)
        assert len(pinned) == len(re.findall(r"^[A-Za-z0-9].*\\\n    --hash=sha256:", text, re.MULTILINE)), path.name


def test_browser_lock_has_hashes_and_no_address() -> None:
    text = (here().root / browser_packages.LOCK).read_text(encoding="utf-8")
    assert '"resolved"' not in text
    assert text.count('"integrity"') == text.count('    "node_modules/')


def test_generated_keys_are_private_and_made_once(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path)
    checkout.prepare()
    first = environment.settings(checkout, {})
    assert environment.settings(checkout, {}) == first
    for name in environment.KEYS:
        path = Path(first[f"{name}_FILE"])
        assert path.stat().st_mode & 0o777 == 0o600
        assert len(path.read_text().strip()) == 44


def test_what_the_caller_sets_is_not_replaced(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path)
    checkout.prepare()
    given = {
        "SMS_PROVIDER": "gateway",
        "SECRET_KEY": "k",
        "CONTACTS_KEY_FILE": "/elsewhere",
        "PUBLIC_URL": "https://x.example",
        "PORT": "9000",
    }
    made = environment.settings(checkout, given)
    assert {name: made[name] for name in given} == given
    assert "SECRET_KEY_FILE" not in made
    assert list(checkout.secrets.iterdir()) == []


def test_a_systems_list_of_locales_is_not_taken_for_our_language(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path)
    checkout.prepare()
    assert "LANGUAGE" not in environment.settings(checkout, {"LANGUAGE": "zh_CN:zh"})
    assert environment.settings(checkout, {"LANGUAGE": "en"})["LANGUAGE"] == "en"


def test_the_service_and_the_simulated_phones_share_a_token(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path)
    checkout.prepare()
    assert environment.settings(checkout, {})["TWILIO_AUTH_TOKEN_FILE"] == str(checkout.phones_token)
    given = environment.settings(checkout, {"TWILIO_AUTH_TOKEN": "new, old", "TWILIO_FROM": "+12025550101"})
    assert given["PHONES_AUTH_TOKEN"] == "new"
    assert given["PHONES_SENDER"] == "+12025550101"
    real = environment.settings(checkout, {"SMS_PROVIDER": "twilio", "TWILIO_AUTH_TOKEN": "secret"})
    assert not [name for name in real if name.startswith("PHONES_")]


def test_the_loopback_goes_past_a_proxy(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path)
    checkout.prepare()
    made = environment.settings(checkout, {"no_proxy": "intranet.example"})
    assert made["NO_PROXY"] == "intranet.example,127.0.0.1,localhost,::1"
