"""Every setting of riskcall in one object, read once from the environment and `.env`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import SettingsConfigDict

from riskcall.errors import SettingsInvalidError
from riskcall.picture_settings import PictureSettings
from riskcall.worker_settings import WorkerSettings


class Settings(PictureSettings, WorkerSettings):
    """Settings; each is the environment variable of the same name in capitals behind `RISKCALL_`.

    Secrets have no defaults: `riskcall serve` refuses to start without them, the demo makes its own.
    """

    model_config = SettingsConfigDict(
        env_prefix="RISKCALL_", env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True
    )

    data_dir: Path = Field(Path("var"), description="Folder for the database, recordings and accounts")
    models_dir: Path = Field(Path("var/models"), description="Folder for pulled Whisper and Piper models")
    cache_dir: Path = Field(Path("var/cache"), description="Folder for fixed lines as they were synthesised")
    host: str = Field("127.0.0.1", description="Address that `riskcall serve` listens on")
    port: int = Field(8700, ge=0, le=65535, description="Port that `riskcall serve` listens on; 0 takes a free one")
    public_url: str = Field("", description="Origin that browsers use, such as https://calls.bank.example")
    policies_dir: Path | None = Field(None, description="Folder of policy files; empty takes those of the package")

    bank_name: str = Field(
        "Your bank", description="The bank's name on the customer's page before a call, and as callers hear it"
    )
    webhook_secrets: tuple[SecretStr, ...] = Field(
        (), description="One or two Standard Webhooks secrets (whsec_…) that sign alerts, as a JSON list"
    )
    api_keys: tuple[SecretStr, ...] = Field(
        (), description="Bearer keys of the bank that read cases and open customers' pages, as a JSON list"
    )
    bank_url: str = Field("", description="Where instructions to the bank are posted")
    bank_secret: SecretStr | None = Field(
        None, description="Standard Webhooks secret (whsec_…) that signs instructions"
    )
    session_secret: SecretStr | None = Field(None, description="32 bytes or more that sign sessions of the desk")

    ice_servers: tuple[str, ...] = Field(
        (),
        description="STUN and TURN URLs of calls in browsers, as a JSON list; none are needed on one network",
    )
    turn_username: str = Field("", description="User name of the TURN servers; sent to the customer's page")
    turn_credential: SecretStr | None = Field(
        None, description="Credential of the TURN servers; sent to the customer's page, so use a short-lived one"
    )

    asr: Literal["auto", "faster-whisper", "openai", "pocketsphinx"] = Field("auto", description="Speech recognition")
    tts: Literal["auto", "piper", "openai", "flite", "espeak-ng"] = Field("auto", description="Speech synthesis")
    brain: Literal["auto", "llm", "rules"] = Field("auto", description="What understands the customer")
    whisper_model: str = Field("small", description="faster-whisper model: a name of its hub or a folder")
    whisper_model_telephone: str = Field(
        "", description="faster-whisper model for telephone lines; empty takes the same as for all others"
    )
    piper_voice_en: str = Field("en_GB-alba-medium", description="Piper voice for English: a name or an .onnx file")
    piper_voice_zh: str = Field("zh_CN-huayan-medium", description="Piper voice for Chinese: a name or an .onnx file")

    turn_end: Literal["question-aware", "fixed-silence"] = Field(
        "question-aware", description="When the customer's turn has ended: by what was asked and said, or by silence"
    )
    barge_in: Literal["duck-and-listen", "stop-at-once"] = Field(
        "duck-and-listen", description="What the agent does when somebody speaks over it"
    )
    bystanders: Literal["ignore", "answer"] = Field(
        "ignore", description="What becomes of talk in the room that is not meant for the agent"
    )
    prepare_replies: Literal["early", "in-silence", "never"] = Field(
        "early", description="When a reply is prepared; what is prepared too early costs a call of the model"
    )
    echo: Literal["guard", "off"] = Field(
        "guard", description="What becomes of the agent's own voice in the microphone: told from the customer's, or not"
    )

    openai_base_url: str = Field("", description="OpenAI-compatible endpoint for the language model")
    openai_api_key: SecretStr | None = Field(None, description="Key of that endpoint")
    openai_model: str = Field("", description="Language model; empty leaves understanding to the rules")
    openai_asr_model: str = Field("", description="Transcription model of the same endpoint")
    openai_tts_model: str = Field("", description="Speech model of the same endpoint")
    openai_tts_voice: str = Field("alloy", description="Voice of the speech model")

    llm_format: Literal["json_schema", "json_object", "text"] = Field(
        "json_schema",
        description="How the model's server is asked for JSON; one that refuses it is asked for the next weaker",
    )
    llm_tokens_field: Literal["max_completion_tokens", "max_tokens"] = Field(
        "max_completion_tokens",
        description="What that server calls the cap on a reply; one that refuses the new name is given the old one",
    )
    llm_reply_tokens: int = Field(600, ge=100, description="Most tokens of one reply of the language model")
    llm_cassette: Path | None = Field(
        None, description="File of recorded answers of the language model; it holds transcripts, so keep it safe"
    )
    llm_cassette_mode: Literal["replay", "paced", "record"] = Field(
        "replay",
        description="Replay the cassette without a network, replay it as slowly as it was recorded, or record on it",
    )

    judge_model: str = Field(
        "", description="Model that judges how the agent spoke in evaluations; empty takes the language model"
    )

    max_calls: int = Field(8, ge=1, description="Calls at once in this process, or in one worker")

    @field_validator("webhook_secrets")
    @classmethod
    def _at_most_two(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if len(value) > 2:
            raise ValueError("at most two secrets are active at once: the new one and the one being retired")
        return value

    @property
    def database_path(self) -> Path:
        """The SQLite file."""
        return self.data_dir / "riskcall.sqlite"

    @property
    def blobs_dir(self) -> Path:
        """Recordings and stills."""
        return self.data_dir / "blobs"

    @property
    def spool_dir(self) -> Path:
        """What calls left and the server has not acknowledged."""
        return self.data_dir / "spool"

    @property
    def accounts_path(self) -> Path:
        """Local accounts of the desk."""
        return self.data_dir / "accounts.json"

    def missing_for_serve(self) -> tuple[str, ...]:
        """Variables without which `riskcall serve` refuses to start."""
        needed: dict[str, object] = {
            "RISKCALL_WEBHOOK_SECRETS": self.webhook_secrets,
            "RISKCALL_API_KEYS": self.api_keys,
            "RISKCALL_BANK_URL": self.bank_url,
            "RISKCALL_BANK_SECRET": self.bank_secret,
            "RISKCALL_SESSION_SECRET": self.session_secret,
        }
        if self.livekit_url:
            needed["RISKCALL_WORKER_KEY"] = self.worker_key
        return tuple(name for name, value in needed.items() if not value)

    def missing_for_agent(self) -> tuple[str, ...]:
        """Variables without which `riskcall agent` refuses to start."""
        needed = {
            "RISKCALL_LIVEKIT_URL": self.livekit_url,
            "RISKCALL_LIVEKIT_API_KEY": self.livekit_api_key,
            "RISKCALL_LIVEKIT_API_SECRET": self.livekit_api_secret,
            "RISKCALL_WORKER_KEY": self.worker_key,
            "RISKCALL_API_URL": self.api_url,
        }
        return tuple(name for name, value in needed.items() if not value)


def load_settings(**changes: object) -> Settings:
    """Read the settings from the environment and `.env`.

    Raises:
        SettingsInvalidError: A value is wrong; the message names each variable and what would be right.
    """
    try:
        return Settings(**changes)  # type: ignore[arg-type]
    except ValidationError as error:
        lines = [_told(one["loc"], one["msg"]) for one in error.errors(include_input=False)]
        raise SettingsInvalidError("These settings are wrong:\n" + "\n".join(lines)) from error


def _told(place: tuple[int | str, ...], message: str) -> str:
    """One fault; those of several settings together name the variables themselves."""
    message = message.removeprefix("Value error, ")
    return f"{'_'.join(('RISKCALL', *(str(part) for part in place)))}".upper() + f": {message}" if place else message
