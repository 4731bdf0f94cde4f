"""Settings: each has a description and an environment variable, and no error repeats a value."""

import pytest
from pilookup_server.auth import Tokens
from pilookup_server.limits.public_quota import PublicWindows
from pilookup_server.settings import ServeError, Settings, read_settings


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("PILOOKUP_HOME", str(tmp_path))


def test_every_setting_is_described():
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name


def test_defaults():
    settings = read_settings()
    assert settings.channels == ("public", "platform")
    assert settings.public_quota == "3000/minute;30000/day"
    assert settings.platform_quota == "100000/minute"
    assert settings.metrics_port is None
    assert settings.host == "127.0.0.1"


def test_arguments_win_over_the_environment(monkeypatch):
    monkeypatch.setenv("PILOOKUP_PORT", "1234")
    assert read_settings(port=None).port == 1234
    assert read_settings(port=0).port == 0


def test_lists_are_comma_separated(monkeypatch):
    monkeypatch.setenv("PILOOKUP_CHANNELS", "public, police ,public")
    monkeypatch.setenv("PILOOKUP_TRUSTED_PROXIES", "10.0.0.0/8, 2001:db8::/32,192.0.2.1")
    monkeypatch.setenv("PILOOKUP_ALLOWED_ORIGINS", "https://check.example,http://[::1]:8000")
    settings = read_settings()
    assert settings.channels == ("public", "police")
    assert [str(network) for network in settings.trusted_proxies] == [
        "10.0.0.0/8",
        "2001:db8::/32",
        "192.0.2.1/32",
    ]
    assert settings.allowed_origins == ("https://check.example", "http://[::1]:8000")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CHANNELS", ""), ("CHANNELS", "../etc"), ("PORT", "sentinel"), ("PORT", "70000"), ("WORKERS", "0"), ("LOG_LEVEL", "sentinel"),
        ("TRUSTED_PROXIES", "sentinel"), ("TRUSTED_PROXIES", "10.0.0.1/8"), ("ALLOWED_ORIGINS", "sentinel"), ("ALLOWED_ORIGINS", "https://sentinel/path"),
        ("PUBLIC_QUOTA", "sentinel"), ("PUBLIC_QUOTA", "0/minute"), ("REQUEST_QUOTA", "sentinel/day"), ("QUOTA_STORAGE", "sentinel"), ("QUOTA_STORAGE", "file://sentinel"),
        ("RENEW_BEFORE_SECONDS", "999999"), ("POLL_SECONDS", "-1"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named_and_not_repeated(monkeypatch, name, value):
    monkeypatch.setenv(f"PILOOKUP_{name}", value)
    with pytest.raises(ServeError) as caught:
        read_settings()
    assert f"PILOOKUP_{name}: " in str(caught.value)
    assert "sentinel" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("token", ["sentinel", "sentinel " + "x" * 40, "sentinel\x7f" + "x" * 40, "é" * 40])
def test_a_weak_token_is_refused_and_not_repeated(monkeypatch, token):
    monkeypatch.setenv("PILOOKUP_PLATFORM_TOKENS", token)
    with pytest.raises(ServeError) as caught:
        Tokens.from_settings(read_settings())
    assert "sentinel" not in str(caught.value)


def test_tokens_from_a_file_join_those_of_the_environment(monkeypatch, tmp_path):
    first, second, third = ("a" * 32, "b" * 32, "c" * 32)
    (tmp_path / "tokens").write_text(f"{first}\n\n{second}\n")
    monkeypatch.setenv("PILOOKUP_PLATFORM_TOKENS_FILE", str(tmp_path / "tokens"))
    monkeypatch.setenv("PILOOKUP_PLATFORM_TOKENS", third)
    tokens = Tokens.from_settings(read_settings())
    holders = {tokens.holder(f"Bearer {token}".encode()) for token in (first, second, third)}
    assert len(holders) == 3
    assert None not in holders
    assert tokens.holder(b"Bearer " + b"d" * 32) is None
    monkeypatch.setenv("PILOOKUP_PLATFORM_TOKENS_FILE", str(tmp_path / "none"))
    with pytest.raises(ServeError):
        Tokens.from_settings(read_settings())


def test_secrets_do_not_show(monkeypatch):
    monkeypatch.setenv("PILOOKUP_PLATFORM_TOKENS", "sentinel" * 5)
    monkeypatch.setenv("PILOOKUP_QUOTA_STORAGE", "redis://:sentinel@127.0.0.1:6379")
    settings = read_settings()
    assert "sentinel" not in repr(settings) + str(settings.model_dump())


def test_the_reserve_is_a_third_of_the_quota_unless_it_is_set():
    def amounts(**given):
        windows = PublicWindows.from_settings(read_settings(**given))
        return [[one.amount for one in kind] for kind in (windows.ceiling, windows.reserve, windows.worked)]

    assert amounts() == [[3000, 30000], [1000, 10000], [2000, 20000]]
    assert amounts(public_quota="10/day") == [[10], [4], [6]]
    assert amounts(public_reserve="") == [[3000, 30000], [], [3000, 30000]]


@pytest.mark.parametrize("name", ["public_quota", "platform_quota", "request_quota", "public_channel_quota"])
def test_a_quota_is_at_least_one(name):
    assert getattr(read_settings(**{name: "1/minute"}), name) == "1/minute"
    for nothing in ("0/minute", "5/minute;0/day"):
        with pytest.raises(ServeError, match=name.upper()):
            read_settings(**{name: nothing})
