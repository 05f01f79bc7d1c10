"""Every knob of the system, read once from the environment (prefix TICKETS_)."""

from functools import cache
from pathlib import Path

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


@cache
def settings() -> Settings:
    return Settings()
