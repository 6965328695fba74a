"""The model of the settings with their defaults."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from freesport_sync.core.freshness import DataKind
from freesport_sync.core.notifications import MAIL, MESSENGER, Chosen, MailSecurity, NotificationTarget
from freesport_sync.core.ssh_address import USUAL_PORT, SshAddress, parse_ssh_address
from freesport_sync.errors import ConfigError
from freesport_sync.i18n.texts import Language

ENVIRONMENT_PREFIX = "FREESPORT_SYNC_"
FORMER_KEYS = {
    ("exchange", "hold_s"): ("exchange", "long_poll_s"),
    ("exchange", "patience_s"): ("exchange", "queue_timeout_s"),
}
"""Keys of earlier versions, still accepted -> current keys."""


class OwnedField(StrEnum):
    """Fields of existing products and variants that 1C may overwrite."""

    NAME = "name"
    CATEGORY = "category"
    BRAND = "brand"
    DESCRIPTION = "description"
    VAT_RATE = "vat_rate"
    PRICES = "prices"
    STOCK = "stock"
    PICTURES = "pictures"


def _not_empty(value: Any) -> Any:
    # An empty path would mean the current folder, for instance because of an unset variable in a script.
    if value == "":
        raise PydanticCustomError("empty_path", "the path is empty")
    return value


_Path = Annotated[Path, BeforeValidator(_not_empty)]


def _network(value: Any) -> Any:
    try:
        return str(ip_network(str(value), strict=False))
    except ValueError as error:
        raise PydanticCustomError("network", "not a network") from error


def _address(value: Any) -> Any:
    try:
        return str(ip_address(str(value)))
    except ValueError as error:
        raise PydanticCustomError("address", "not an address") from error


def _ssh_host(value: str) -> str:
    try:
        parse_ssh_address(value)
    except ValueError as error:
        raise PydanticCustomError("ssh_host", "not a server") from error
    return value


def below_login(folder: str) -> str:
    """Validate a folder of the SSH host: SFTP has no `~`, but relative paths start from the login's home."""
    return folder[1:].lstrip("/") or "." if folder == "~" or folder.startswith("~/") else folder


def _mail_address(value: str) -> str:
    if len(value) > _LONGEST_ADDRESS or not re.fullmatch(r"[!-?A-~]+@[0-9A-Za-z](?:[0-9A-Za-z.-]*[0-9A-Za-z])?", value):
        raise PydanticCustomError("mail_address", "not a mail address")
    return value


def _time_of_day(value: str) -> str:
    if not re.fullmatch(r"(?:[01]\d|2[0-3]):[0-5]\d", value):
        raise PydanticCustomError("time_of_day", "not a time of day")
    return value


_LONGEST_ADDRESS = 254
_MailAddress = Annotated[str, AfterValidator(_mail_address)]
_TimeOfDay = Annotated[str, AfterValidator(_time_of_day)]
_MessengerName = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[\w-]+$")]
_SshHost = Annotated[str, AfterValidator(_ssh_host)]
_RemotePath = Annotated[str, AfterValidator(below_login)]
_Network = Annotated[str, BeforeValidator(_network)]
_Address = Annotated[str, BeforeValidator(_address)]


def _not_blank(value: Any) -> Any:
    return None if value == "" else value  # an unset variable in a script


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DatabaseSettings(_Section):
    """Connection to the shop's database."""

    url: str | None = None
    password_file: _Path | None = None
    postgres_bin: _Path | None = None


class SourceSettings(_Section):
    """Location of the export."""

    data_dir: _Path = Path("data/import_1c")


class CatalogSettings(_Section):
    """Rules for categories and products."""

    root_category: str = Field("СПОРТ", min_length=1)
    owned_fields: frozenset[OwnedField] = frozenset(OwnedField) - {OwnedField.NAME, OwnedField.CATEGORY}


class PriceSettings(_Section):
    """Rules for prices."""

    clear_missing: bool = False


class GuardSettings(_Section):
    """Limits at which a run stops before writing."""

    large_change_percent: int = Field(20, ge=1, le=100)


class HistorySettings(_Section):
    """Retention of past runs."""

    retention_days: int = Field(180, ge=1, le=36_500)
    max_issues: int = Field(100_000, ge=1, le=10_000_000)


class FreshnessSettings(_Section):
    """The age of each kind of data that is tolerated, in hours; 0: any."""

    goods_h: int = Field(0, ge=0, le=8760)
    prices_h: int = Field(26, ge=0, le=8760)
    stocks_h: int = Field(26, ge=0, le=8760)
    customers_h: int = Field(0, ge=0, le=8760)

    @property
    def limits(self) -> dict[DataKind, int]:
        """By kind of data."""
        return {
            DataKind.GOODS: self.goods_h,
            DataKind.PRICES: self.prices_h,
            DataKind.STOCKS: self.stocks_h,
            DataKind.CUSTOMERS: self.customers_h,
        }


class BackupSettings(_Section):
    """Backups before an import."""

    folder: _Path | None = None
    keep_count: int = Field(3, ge=1, le=10_000)
    keep_days: int = Field(30, ge=0, le=36_500)


class PictureSettings(_Section):
    """Rules for pictures; sizes in bytes."""

    media_root: _Path | None = None
    min_size_bytes: int = Field(8 * 1024, ge=0)
    large_size_bytes: int = Field(100 * 1024, ge=1)
    max_size_bytes: int = Field(50 * 1024**2, ge=1)


class SshSettings(_Section):
    """The SSH host with 1C's exports."""

    host: _SshHost | None = Field(None, min_length=1)
    port: int = Field(USUAL_PORT, ge=1, le=65_535)
    user: str | None = Field(None, min_length=1)
    key_file: _Path | None = None
    passphrase_file: _Path | None = None
    password_file: _Path | None = None
    use_agent: bool = True
    known_hosts: tuple[_Path, ...] = (Path("~/.ssh/known_hosts"),)
    config_file: _Path = Path("~/.ssh/config")
    folder: _RemotePath = ""
    """On the host; empty means the login's home."""
    archive_folder: _RemotePath | None = Field(None, min_length=1)
    media_root: _RemotePath | None = Field(None, min_length=1)
    quiet_s: int = Field(30, ge=0, le=86_400)
    timeout_s: int = Field(20, ge=1, le=3600)

    @property
    def address(self) -> SshAddress:
        """Return the address, with port and user from `host` if given there.

        Raises:
            ConfigError: `host` is invalid, or two settings name different ports or users.
        """
        try:
            typed = parse_ssh_address(self.host or "")
        except ValueError as error:
            raise ConfigError("ssh_address_invalid", address=self.host) from error
        port = None if self.port == USUAL_PORT else self.port  # the default, so not set explicitly
        if len({typed.port, port} - {None}) > 1 or len({typed.user, self.user} - {None}) > 1:
            raise ConfigError("ssh_address_contradicts", address=self.host, user=self.user or "", port=self.port)
        return SshAddress(typed.host, typed.port or port, typed.user or self.user)

    @property
    def login(self) -> str:
        """Return `user@host:port` as far as set, the key store's user name."""
        return self.address.login


class ReceivedSettings(_Section):
    """Retention of received files."""

    keep_runs: int = Field(10, ge=1, le=10_000)
    keep_days: int = Field(30, ge=1, le=36_500)


class ExchangeSettings(_Section):
    """The HTTP server for 1C; sizes in megabytes, times in seconds."""

    host: str = Field("127.0.0.1", min_length=1)
    port: int = Field(8180, ge=0, le=65_535)
    user: str = Field("1c", min_length=1, max_length=100, pattern="^[^:]+$")
    certificate: _Path | None = None
    certificate_key: _Path | None = None
    allow: tuple[_Network, ...] = ()
    proxies: tuple[_Address, ...] = ()
    zip: bool = True
    file_limit_mb: int = Field(100, ge=1, le=1024)
    max_file_mb: int = Field(4096, ge=1, le=1_000_000)
    max_portion_mb: int = Field(20_480, ge=1, le=1_000_000)
    long_poll_s: int = Field(20, ge=1, le=120)
    queue_timeout_s: int = Field(900, ge=1, le=86_400)
    idle_s: int = Field(600, ge=1, le=86_400)
    import_when_idle: bool = False
    session_s: int = Field(14_400, ge=60, le=604_800)
    allow_older: bool = False
    backup_hours: int = Field(24, ge=0, le=8760)
    keep_runs: int = Field(1000, ge=1, le=100_000)
    keep_days: int = Field(7, ge=1, le=36_500)


class NotificationSettings(_Section):
    """Whom to tell how tasks have ended."""

    events: frozenset[Chosen] = frozenset()
    digest_at: _TimeOfDay | None = None
    mail_to: tuple[_MailAddress, ...] = Field((), max_length=20)
    mail_from: _MailAddress | None = None
    mail_host: str | None = Field(None, min_length=1, max_length=255, pattern=r"^[^\s/@]+$")
    mail_port: int | None = Field(None, ge=1, le=65_535)
    mail_security: MailSecurity = MailSecurity.TLS
    mail_user: str | None = Field(None, min_length=1, max_length=255)
    mail_password_file: _Path | None = None
    mail_ca_file: _Path | None = None
    messengers: tuple[_MessengerName, ...] = Field((), max_length=20)
    messengers_file: _Path | None = None

    @property
    def port(self) -> int:
        """Of the mail server: the usual one, if none is set."""
        usual = {MailSecurity.TLS: 465, MailSecurity.STARTTLS: 587, MailSecurity.NONE: 25}
        return self.mail_port or usual[self.mail_security]

    @property
    def sender(self) -> str | None:
        """The address that mail comes from: the user's, where that is one, if none is set."""
        return self.mail_from or (self.mail_user if self.mail_user and "@" in self.mail_user else None)

    @property
    def login(self) -> str:
        """The key store's user name for the password: `user@host:port`."""
        return f"{self.mail_user or ''}@{self.mail_host}:{self.port}"

    @property
    def targets(self) -> tuple[NotificationTarget, ...]:
        """Who is told; mail goes nowhere without a server."""
        mail = () if self.mail_host is None else self.mail_to
        return (
            *(NotificationTarget(MAIL, address) for address in dict.fromkeys(mail)),
            *(NotificationTarget(MESSENGER, name) for name in dict.fromkeys(self.messengers)),
        )


class Warehouse(_Section):
    """One warehouse of 1C."""

    name: str = Field(min_length=1, max_length=255)
    """As in 1C."""
    onec_id: str | None = None
    """Its id in 1C, which names it in exports without storages.xml."""
    vat_rate: Decimal | None = Field(None, ge=0, lt=1000)
    """Per cent; takes precedence over the product's."""


# The three warehouses of the shop's own settings (VAT-2); ids as 1C exports them.
_WAREHOUSES = (
    Warehouse(name="Intex ОСНОВНОЙ", onec_id=None, vat_rate=Decimal(22)),
    Warehouse(name="2 ТЛВ склад", onec_id="b41f7acc-58e5-11f0-90b3-fa163ea88911", vat_rate=Decimal(5)),
    Warehouse(name="1 СДВ склад", onec_id="8f06f4f1-b3f0-11ea-81c3-00155d3cae02", vat_rate=None),
)


class Settings(BaseSettings):
    """All settings: command line > environment > settings file > default.

    The section `settings` of the text files explains each; see `settings.listing`.
    """

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    database: DatabaseSettings = DatabaseSettings()
    source: SourceSettings = SourceSettings()
    ssh: SshSettings = SshSettings()
    received: ReceivedSettings = ReceivedSettings()
    exchange: ExchangeSettings = ExchangeSettings()
    catalog: CatalogSettings = CatalogSettings()
    prices: PriceSettings = PriceSettings()
    pictures: PictureSettings = PictureSettings()
    guards: GuardSettings = GuardSettings()
    history: HistorySettings = HistorySettings()
    freshness: FreshnessSettings = FreshnessSettings()
    notifications: NotificationSettings = NotificationSettings()
    backup: BackupSettings = BackupSettings()
    warehouses: tuple[Warehouse, ...] = _WAREHOUSES
    language: Annotated[Language | None, BeforeValidator(_not_blank)] = None

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], *sources: Any, **named: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only explicit values: `settings.loading` reads environment and file, and tracks their origin."""
        return (named["init_settings"],)

    def owns(self, field: OwnedField) -> bool:
        return field in self.catalog.owned_fields


def setting_keys() -> Iterator[tuple[str, ...]]:
    """Yield the path of every setting, in the order of the model: `("catalog", "root_category")`, `("warehouses",)`."""
    for name, field in Settings.model_fields.items():
        if isinstance(field.default, BaseModel):
            yield from ((name, inner) for inner in type(field.default).model_fields)
        else:
            yield (name,)
