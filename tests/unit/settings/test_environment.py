"""A mistyped variable never passes for one that is not set."""

from __future__ import annotations

import pytest

from freesport_sync.errors import ConfigError, ExitCode
from freesport_sync.settings.environment import refuse_unknown_variables
from freesport_sync.settings.listing import list_settings
from freesport_sync.settings.loading import load_settings
from freesport_sync.settings.paths import find_paths

OTHERS = {"FREESPORT_SYNC_POSTGRES_BIN"}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("DATABASE_URL", "DATABASE__URL"),
        ("DATABASE__URI", "DATABASE__URL"),
        ("_DATABASE__URL", "DATABASE__URL"),
        ("database_url", "DATABASE__URL"),
        ("DB__PASSWORD", "DB_PASSWORD"),
        ("db_password", "DB_PASSWORD"),
        ("SSH_PASWORD", "SSH_PASSWORD"),
        ("SSH_HOST", "SSH__HOST"),
        ("LANG", "LANGUAGE"),
        ("POSTGRESBIN", "POSTGRES_BIN"),
        ("WAREHOUSE", "WAREHOUSES"),
        ("EXCHANGE_PORT", "EXCHANGE__PORT"),
    ],
)
def test_a_mistyped_name_is_refused_with_the_nearest_right_one(written: str, meant: str) -> None:
    variables = {f"FREESPORT_SYNC_{written}": "", "FREESPORT_SYNC_DB_PASSWORD": "secret", "PATH": "/bin"}
    with pytest.raises(ConfigError) as caught:
        refuse_unknown_variables(OTHERS, variables)
    assert caught.value.params["variables"] == f"FREESPORT_SYNC_{written} -> FREESPORT_SYNC_{meant}"
    assert caught.value.exit_code is ExitCode.USAGE


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("FREESPORT_SYNCDATABASE_URL", "DATABASE__URL"),
        ("FREESPORT_SYNCDATABASE__URL", "DATABASE__URL"),
        ("FREESPORTSYNC_DATABASE__URL", "DATABASE__URL"),
        ("FREESPORTSYNC_DATABASE_URI", "DATABASE__URL"),
        ("FREESPORTSYNCDB_PASSWORD", "DB_PASSWORD"),
        ("freesportsync_database__url", "DATABASE__URL"),
        ("FREESPORT__SYNC_DATABASE__URL", "DATABASE__URL"),
        ("FREE_SPORT_SYNC_DATABASE__URL", "DATABASE__URL"),
        ("FREESPORT-SYNC-DATABASE-URL", "DATABASE__URL"),
        ("FRESPORT_SYNC_LANGUAGE", "LANGUAGE"),
        ("FREESPORTS_SINK_SSH__HOST", "SSH__HOST"),
    ],
)
def test_the_prefix_may_be_mistyped_too(written: str, meant: str) -> None:
    with pytest.raises(ConfigError) as caught:
        refuse_unknown_variables(OTHERS, {written: ""})
    assert caught.value.params["variables"] == f"{written} -> FREESPORT_SYNC_{meant}"


def test_every_mistyped_name_is_told_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        refuse_unknown_variables(OTHERS, {"FREESPORT_SYNC_SSH_PORT": "1", "FREESPORT_SYNC_DATABASE_URL": "x"})
    assert str(caught.value.params["variables"]).count("->") == 2


def test_everything_that_the_program_reads_is_known() -> None:
    listed = list_settings(load_settings(find_paths(None).settings_file.with_name("none")), find_paths(None).work)
    assert len(listed) > 50
    names = {one.variable for one in listed} | OTHERS
    names |= {f"FREESPORT_SYNC_{name}" for name in ("DB_PASSWORD", "SSH_PASSWORD", "SSH_PASSPHRASE", "LANGUAGE", "SSH")}
    refuse_unknown_variables(OTHERS, dict.fromkeys([*names, "freesport_sync_ssh__host"], "x"))


def test_variables_of_others_are_none_of_our_business() -> None:
    others = (
        "FREESPORT_DATABASE_URL",
        "FREESPORT_TEST_STARTS",
        "FREESPORT_SYNC",
        "FREESPORT_SYNCOPE",
        "SYNC_DATABASE_URL",
    )
    refuse_unknown_variables((), dict.fromkeys([*others, "FREESPORT_SYNCHRONIZER_TOKEN", "FREESPORTSYNCED"], "x"))
