"""Every knob of the system, read once from the environment (prefix TICKETS_)."""

from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Unset URLs mean: run the embedded servers. Every field is listed in docs/running.md."""

    model_config = SettingsConfigDict(env_prefix="TICKETS_", frozen=True)

    database_url: str = ""
    redis_url: str = ""
    data_dir: Path = Path("var")
    secret_key: str = ""
    public_url: str = ""
    timezone: str = "Asia/Shanghai"
    locale: str = "zh-CN"
    storage_url: str = ""
    port: int = 8000
    host: str = "127.0.0.1"
    secure_cookies: bool | None = None
    hotline: str = "400-000-0000"
    company: str = ""
    log: Literal["text", "json"] = "text"

    @model_validator(mode="after")
    def _secret_is_strong(self) -> Self:
        """Beside a real database somebody is in earnest; a key that can be guessed signs nothing.

        Left unset it is made once and kept in DATA_DIR."""
        if self.database_url and self.secret_key:
            key = self.secret_key
            if len(key) < 32 or len(set(key)) < 10:
                raise ValueError(
                    "TICKETS_SECRET_KEY is too weak: take at least 32 random characters,"
                    " or leave it unset and one is made in TICKETS_DATA_DIR."
                )
        return self


@cache
def settings() -> Settings:
    return Settings()
