"""Settings that every lab shares. No torch here: pages, the bank and the queue read these classes."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

Source = Literal["auto", "hub", "dummy", "embedded"]
Fallback = Literal["dummy", "embedded"]
Dtype = Literal["auto", "float32", "float16", "bfloat16"]
Saver = Literal["vae_tiling", "model_offload"]
"""What a pipeline of pictures can be told to save memory with, beside half precision, which is a dtype."""
Device = Annotated[str, Field(pattern=r"^(auto|cpu|mps|cuda(:[0-9]{1,3})?)$")]
Seed = Annotated[int, Field(ge=0, le=2**32 - 1)]
LESSON_PICTURE = "cats"
LESSON_PICTURE_URL = "http://images.cocodataset.org/val2017/000000039769.jpg"
"""The photograph of the lesson's Q11: two cats on a sofa. It is fetched, as the project may not ship it."""
Picture = Annotated[str, Field(pattern=r"^(shipped|table|scene|cats|upload:[0-9a-f]{32})$")]
"""`table` and `scene` are pictures that the project ships, `cats` is the lesson's, `upload:ID` is the student's own.
`shipped` takes the one that the weights were made for: the drawn scene for the small twin, the table for all
others."""
Prompt = Annotated[str, Field(min_length=1, max_length=1000)]
UNFINISHED = "unfinished"
"""Kind of a pydantic error that says in whole words what is still to be done, with `remedy` in its context."""


class LabSettings(BaseModel):
    """What every lab takes. `auto` is replaced by something concrete before a run is queued."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    device: Device = "auto"

    cost_nothing: ClassVar[frozenset[str]] = frozenset()
    """Settings that do not decide how long a run takes, as prompts and seeds."""

    def workload(self) -> dict[str, Any]:
        """What decides how long a run takes, as plain JSON; expected times are medians over one workload."""
        return self.model_dump(mode="json", exclude=set(self.cost_nothing))


class ModelSettings(LabSettings):
    """What a lab with a model takes besides."""

    model: str
    source: Source = "auto"
    dtype: Dtype = "auto"
    repeats: int = Field(default=3, ge=1, le=20)
    fresh_process: bool = False
    """Start in a worker process that has run nothing before, so that memory figures start from empty."""

    not_loaded: ClassVar[frozenset[str]] = frozenset()
    """Networks of its models, by the catalog's names, that a lab's pipeline has no use for."""

    @classmethod
    def of_model(cls, model: str) -> dict[str, Any]:
        """Settings that follow from the model where they are not given; a page sets them when a model is chosen."""
        return {}

    @model_validator(mode="before")
    @classmethod
    def _of_its_model(cls, values: Any) -> Any:
        model = values.get("model") if isinstance(values, dict) else None
        return cls.of_model(model) | values if isinstance(model, str) else values

    @property
    def loaded(self) -> tuple[str, ...]:
        """The catalog's names of the models that a run loads, the main one last."""
        return (self.model,)

    @property
    def is_slow_on_cpu(self) -> bool:
        """Whether one result at full size takes minutes on a CPU, so that `auto` takes the twin where a lab has one."""
        return False

    @property
    def own_fallback(self) -> Fallback | None:
        """What `auto` takes without the Hub where these settings decide it; None leaves it to the lab."""
        return None

    @property
    def load_options(self) -> tuple[str, ...]:
        """What a loaded model was told beside source, device and dtype; another one is loaded for others."""
        return ()

    def settled(self) -> Self:
        """These settings with everything named that follows from source, device and dtype, once those are known."""
        return self


class SavingSettings(ModelSettings):
    """What a lab takes whose pipeline can be told to save memory."""

    savers: Annotated[tuple[Saver, ...], AfterValidator(lambda chosen: tuple(sorted(set(chosen))))] = ()
    """How it takes less memory: the decoder works on one tile after the other; what does not compute waits in RAM."""

    @property
    def load_options(self) -> tuple[str, ...]:
        return self.savers


def is_asked_twice(guidance_scale: float) -> bool:
    """Whether a step evaluates the UNet a second time, without the prompt; the scale itself costs nothing."""
    return guidance_scale > 1


def settled_picture(picture: str, source: str) -> str:
    """The picture by its own word, once the source is known."""
    return picture if picture != "shipped" else "scene" if source == "embedded" else "table"
