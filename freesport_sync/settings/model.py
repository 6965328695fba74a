"""What an administrator can set, with its defaults; read from the settings file and the environment."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from freesport_sync.errors import ConfigError

ENVIRONMENT_PREFIX = "FREESPORT_SYNC_"


class OwnedField(StrEnum):
    """What 1C may overwrite in a product or variant that the shop already has."""

    NAME = "name"
    CATEGORY = "category"
    BRAND = "brand"
    DESCRIPTION = "description"
    VAT_RATE = "vat_rate"
    PRICES = "prices"
    STOCK = "stock"
    PICTURES = "pictures"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DatabaseSettings(_Section):
    """Where the shop's data is."""

    url: str | None = Field(
        None, description="postgresql://user@host:port/database without a password; without it: the private server"
    )
    password_file: Path | None = Field(None, description="file with the password, readable by its owner only (0600)")
    postgres_bin: Path | None = Field(None, description="folder with the programs of PostgreSQL for the private server")


class CatalogSettings(_Section):
    """Rules for categories and products."""

    root_category: str = Field("СПОРТ", min_length=1, description="root group of 1C whose tree is the shop's catalogue")
    owned_fields: frozenset[OwnedField] = Field(
        frozenset(OwnedField) - {OwnedField.NAME, OwnedField.CATEGORY},
        description="what 1C overwrites in products and variants that the shop already has",
    )


class PriceSettings(_Section):
    """Rules for prices."""

    clear_missing: bool = Field(False, description="clear a price that the export no longer has")


class PictureSettings(_Section):
    """Rules for pictures; sizes in bytes."""

    media_root: Path | None = Field(None, description="folder of the shop's media; without it: no pictures")
    min_size_bytes: int = Field(8 * 1024, ge=0, description="smaller pictures are skipped")
    large_size_bytes: int = Field(
        100 * 1024, ge=1, description="where an object has a picture of this size, its smaller ones are skipped"
    )
    max_size_bytes: int = Field(50 * 1024**2, ge=1, description="larger pictures are refused")


class Warehouse(_Section):
    """One warehouse of 1C."""

    name: str = Field(min_length=1, max_length=255, description="name as in 1C")
    onec_id: str | None = Field(None, description="id in 1C, for exports without storages.xml")
    vat_rate: Decimal | None = Field(
        None, ge=0, lt=1000, description="VAT rate that goes before the product's, percent"
    )


# The three warehouses of the shop's own settings (facts 2.8); ids as 1C exports them.
_WAREHOUSES = (
    Warehouse(name="Intex ОСНОВНОЙ", onec_id=None, vat_rate=Decimal(22)),
    Warehouse(name="2 ТЛВ склад", onec_id="b41f7acc-58e5-11f0-90b3-fa163ea88911", vat_rate=Decimal(5)),
    Warehouse(name="1 СДВ склад", onec_id="8f06f4f1-b3f0-11ea-81c3-00155d3cae02", vat_rate=None),
)


class Settings(BaseSettings):
    """All settings: command line > environment > settings file > default."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    database: DatabaseSettings = DatabaseSettings()
    catalog: CatalogSettings = CatalogSettings()
    prices: PriceSettings = PriceSettings()
    pictures: PictureSettings = PictureSettings()
    warehouses: tuple[Warehouse, ...] = _WAREHOUSES

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The order of precedence; the file's path comes with `load_settings`."""
        return init_settings, env_settings

    def owns(self, field: OwnedField) -> bool:
        return field in self.catalog.owned_fields


def load_settings(file: Path) -> Settings:
    """Read the settings.

    Args:
        file: TOML file; need not exist.

    Raises:
        ConfigError: the file is not TOML, or a key or value is wrong; names the key.
    """

    class FromFile(Settings):
        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], *sources: Any, **named: Any
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return named["init_settings"], named["env_settings"], TomlConfigSettingsSource(settings_cls, file)

    try:
        return FromFile()
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigError("setting_invalid", file=str(file), key=key, reason=first["msg"]) from error
    except (ValueError, OSError) as error:
        raise ConfigError("settings_unreadable", file=str(file), reason=str(error)) from error
