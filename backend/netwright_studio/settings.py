"""Everything that may be configured, read from ``NETWRIGHT_…`` variables."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from netwright.errors import NetwrightError
from netwright_studio.security import is_loopback

MIB = 1024 * 1024


def default_home() -> Path:
    """Return the data folder used when ``NETWRIGHT_HOME`` is not set: ``.netwright`` in the user's home."""
    return Path.home() / ".netwright"


class Settings(BaseSettings):
    """Settings of one studio. Sizes are bytes, times are seconds."""

    model_config = SettingsConfigDict(env_prefix="NETWRIGHT_", frozen=True, extra="ignore", hide_input_in_errors=True)

    home: Path = Field(default_factory=default_home, description="Data folder: database, blobs, runs.")
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on.")
    token: SecretStr | None = Field(
        None, min_length=16, description="What whoever comes must bring; made where the host is not loopback and unset."
    )
    database_url: str | None = Field(None, description="SQLAlchemy URL; SQLite in the data folder when unset.")
    allowed_hosts: tuple[str, ...] = Field((), description="Host names answered besides the loopback ones.")
    allowed_origins: tuple[str, ...] = Field((), description="Origins let in besides the studio's own.")
    disk_reserve_bytes: int = Field(16 * MIB, ge=MIB, description="Room kept to store how runs end on a full disk.")
    static_dir: Path | None = Field(None, description="Folder of the built page; inside the package when unset.")
    docs_dir: Path | None = Field(None, description="Folder of the built documentation; inside the package when unset.")

    max_body_bytes: int = Field(16 * MIB, ge=1024, description="Largest request body under /api.")
    max_upload_bytes: int = Field(512 * MIB, ge=1024, description="Largest data set upload.")
    max_import_bytes: int = Field(64 * MIB, ge=1024, description="Largest file of a network that is imported.")
    max_archive_bytes: int = Field(8192 * MIB, ge=1024, description="What a project's archive may hold, unpacked.")
    max_inference_bytes: int = Field(64 * MIB, ge=1024, description="Largest request body under /v2.")
    max_json_depth: int = Field(64, ge=4, le=512, description="Deepest nesting of JSON in a request.")

    prepare_machine: bool = Field(True, description="Compile kernels and measure the machine in the background, once.")
    workers: int = Field(1, ge=1, le=256, description="Processes that ask models; 1 is the studio itself.")
    model_memory_bytes: int = Field(2048 * MIB, ge=MIB, description="Memory that loaded models may take.")
    keep_alive_seconds: float = Field(75.0, gt=0, description="How long an idle connection is kept.")
    log_format: Literal["text", "json"] = Field("text", description="Logs as text, or as one JSON object a line.")
    access_log: Literal["off", "errors", "all"] = Field("errors", description="Which requests are logged.")

    run_concurrency: int = Field(1, ge=1, le=64, description="Runs that train at the same time.")
    run_threads: int | None = Field(None, ge=1, description="Threads of a run; the cores shared out when unset.")
    run_memory_bytes: int | None = Field(None, ge=256 * MIB, description="Memory a run may use; 80 % when unset.")
    run_stop_grace: float = Field(30.0, gt=0, description="Time a run has to stop before it is killed.")
    run_start_grace: float = Field(120.0, gt=0, description="Time a run has to say it is alive.")
    resume_after_crash: bool = Field(True, description="Let runs go on by themselves after the studio was killed.")
    worker_command: tuple[str, ...] = Field(
        (sys.executable, "-m", "netwright_studio.runs.worker"), description="Program that trains one run."
    )

    event_interval: float = Field(0.02, gt=0, description="Events are written and sent this often.")
    event_queue_frames: int = Field(256, ge=2, description="Frames a slow client may fall behind.")
    events_per_run: int = Field(1_000_000, ge=1000, description="Events kept per run; older ones are pruned.")
    retention_interval: float = Field(300.0, gt=0, description="Time between two sweeps of what is not kept.")
    heartbeat_interval: float = Field(10.0, gt=0, description="Silence after which a heartbeat is sent.")

    @field_validator("home", mode="after")
    @classmethod
    def _expand_home(cls, home: Path) -> Path:
        return home.expanduser().absolute()

    @property
    def exposed(self) -> bool:
        """Whether others than this machine can reach the studio."""
        return not is_loopback(self.host)

    @property
    def effective_database_url(self) -> str:
        """The URL of the store, SQLite in the data folder unless another was named."""
        return self.database_url or f"sqlite:///{self.home / 'studio.db'}"

    @property
    def runs_dir(self) -> Path:
        """Where each run keeps its checkpoints and log."""
        return self.home / "runs"

    @property
    def blobs_dir(self) -> Path:
        """Where content-addressed files lie."""
        return self.home / "blobs"

    @property
    def uploads_dir(self) -> Path:
        """Where files lie that are on their way in."""
        return self.home / "uploads"


def read_settings(given: dict[str, Any]) -> Settings:
    """Return the settings of the command line and the environment; raises NetwrightError for the first bad one."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        # The value is not told: it may be the token.
        first = error.errors(include_input=False, include_url=False)[0]
        name = str(first["loc"][0])
        raise NetwrightError(
            "a setting is not valid", where=f"NETWRIGHT_{name.upper()}", wanted=first["msg"], remedy="Correct it"
        ) from None
