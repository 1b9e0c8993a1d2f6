"""What the environment may say, and the keys of an installation."""

import os
from pathlib import Path

import pytest

from kvs import embedded, environment
from kvs.environment import PROJECT, EnvironmentProblem


def test_var_folder_is_the_chosen_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KVS_VAR", str(tmp_path / "here/../there"))
    assert environment.var_folder() == tmp_path / "there"


def test_var_folder_of_root_lies_outside_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KVS_VAR")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert environment.var_folder() == Path("/var/lib/kvs")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert environment.var_folder() == PROJECT / "var"


@pytest.mark.parametrize(("value", "expected"), [("", False), ("0", False), ("1", True)])
def test_flag(monkeypatch: pytest.MonkeyPatch, value: str, expected: bool) -> None:
    monkeypatch.setenv("KVS_DEMO", value)
    assert environment.flag("KVS_DEMO") is expected


@pytest.mark.parametrize("value", ["yes", "2", "true", " 1"])
def test_flag_refuses_what_it_does_not_know(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("KVS_DEMO", value)
    with pytest.raises(EnvironmentProblem, match=r"^KVS_DEMO must be 0 or 1\.$"):
        environment.flag("KVS_DEMO")


def test_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KVS_PORT", "")
    assert environment.number("KVS_PORT", 8000) == 8000
    monkeypatch.setenv("KVS_PORT", "8101")
    assert environment.number("KVS_PORT", 8000) == 8101


@pytest.mark.parametrize("value", ["-1", "1.5", "acht", "²"])
def test_number_refuses_what_is_none(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("KVS_PORT", value)
    with pytest.raises(EnvironmentProblem, match=r"^KVS_PORT must be a whole number, not "):
        environment.number("KVS_PORT", 8000)


def test_keys_are_made_once_and_for_the_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    environment.make_keys(folder)
    first = environment.read_keys(folder)
    environment.make_keys(folder)
    assert environment.read_keys(folder) == first
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {
        "secret": 0o600,
        "seal": 0o600,
        "index": 0o600,
        "ledger": 0o600,
    }


def test_two_installations_share_no_key(tmp_path: Path) -> None:
    environment.make_keys(tmp_path / "a")
    environment.make_keys(tmp_path / "b")
    one, other = environment.read_keys(tmp_path / "a"), environment.read_keys(tmp_path / "b")
    assert {one.secret, *one.seal, one.index, one.ledger}.isdisjoint({other.secret, *other.seal, other.index, other.ledger})


def test_after_a_rotation_the_first_seal_key_writes(tmp_path: Path) -> None:
    environment.make_keys(tmp_path)
    old = environment.read_keys(tmp_path).seal
    (tmp_path / "seal").write_text(f"new\n{old[0]}\n")
    assert environment.read_keys(tmp_path).seal == ["new", *old]


@pytest.mark.parametrize("name", ["secret", "seal", "index", "ledger"])
def test_a_missing_or_empty_key_is_named_and_never_replaced_by_reading(tmp_path: Path, name: str) -> None:
    environment.make_keys(tmp_path)
    (tmp_path / name).write_text("\n")
    with pytest.raises(EnvironmentProblem, match=rf"/{name}' is empty"):
        environment.read_keys(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(EnvironmentProblem, match=rf"/{name}' cannot be read \(No such file or directory\)"):
        environment.read_keys(tmp_path)
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize(
    ("host", "chosen", "expected"),
    [
        (None, None, "none"),
        ("localhost", "", "none"),
        ("mail.school.test", None, "starttls"),
        ("mail.school.test", "tls", "tls"),
        ("mail.school.test", "none", "none"),
    ],
)
def test_mail_leaves_the_machine_encrypted(
    monkeypatch: pytest.MonkeyPatch, host: str | None, chosen: str | None, expected: str
) -> None:
    for name, value in (("KVS_MAIL_HOST", host), ("KVS_MAIL_SECURITY", chosen)):
        monkeypatch.delenv(name, raising=False) if value is None else monkeypatch.setenv(name, value)

    assert environment.mail_security() == expected


def test_a_wrong_word_about_mail_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KVS_MAIL_SECURITY", "ssl")

    with pytest.raises(EnvironmentProblem, match="starttls, tls or none"):
        environment.mail_security()


def test_a_secret_comes_out_of_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("geheim\n")
    monkeypatch.setenv("KVS_MAIL_PASSWORD_FILE", str(tmp_path / "password"))
    assert environment.secret("KVS_MAIL_PASSWORD_FILE") == "geheim"
    monkeypatch.delenv("KVS_MAIL_PASSWORD_FILE")
    assert environment.secret("KVS_MAIL_PASSWORD_FILE") == ""
    monkeypatch.setenv("KVS_MAIL_PASSWORD_FILE", str(tmp_path / "gone"))
    with pytest.raises(EnvironmentProblem, match="cannot be read"):
        environment.secret("KVS_MAIL_PASSWORD_FILE")


@pytest.mark.parametrize(
    ("demo", "hosts", "expected"),
    [
        ("1", "kvs.school.test", "http://localhost:8000"),
        ("0", "kvs.school.test,andere.test", "https://kvs.school.test"),
        ("0", ".school.test", "https://school.test"),
        ("0", "*", "https://localhost"),
    ],
)
def test_links_in_mail_lead_to_the_school(monkeypatch: pytest.MonkeyPatch, demo: str, hosts: str, expected: str) -> None:
    monkeypatch.setenv("KVS_DEMO", demo)
    monkeypatch.setenv("KVS_HOSTS", hosts)
    monkeypatch.delenv("KVS_PORT", raising=False)

    assert environment.default_url() == expected


# --- which school a data folder holds


@pytest.mark.parametrize(("held", "other"), [("0", "1"), ("1", "0")])
def test_a_folder_is_not_started_as_the_other_kind_of_school(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: str, other: str
) -> None:
    monkeypatch.setenv("KVS_DEMO", other)
    embedded.check_held(tmp_path)  # nothing was started here yet
    (tmp_path / "demo").write_text(held)
    with pytest.raises(EnvironmentProblem, match=rf"start it with KVS_DEMO={held}, or choose another folder"):
        embedded.check_held(tmp_path)
    monkeypatch.setenv("KVS_DEMO", held)
    embedded.check_held(tmp_path)


def test_a_command_beside_the_school_follows_the_folder_and_guesses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KVS_VAR", str(tmp_path))
    monkeypatch.delenv("KVS_DEMO", raising=False)
    with pytest.raises(EnvironmentProblem, match="Say which it is: KVS_DEMO=0 for a real one"):
        embedded.tell(tmp_path)
    for held in ("0", "1"):
        (tmp_path / "demo").write_text(held)
        assert embedded.tell(tmp_path) == 0
        assert capfd.readouterr().out == f"{held}\n"


@pytest.mark.parametrize("command", ["manage", "backup", "restore"])
def test_no_command_takes_a_school_for_a_demonstration(command: str) -> None:
    text = (PROJECT / "bin" / command).read_text()
    assert 'KVS_DEMO="${KVS_DEMO:-$(python -m kvs.embedded demo)}"' in text
