"""Settings that every lab shares. No torch here: pages, the bank and the queue read these classes."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

Source = Literal["auto", "hub", "dummy", "embedded"]
Fallback = Literal["dummy", "embedded"]
Dtype = Literal["auto", "float32", "float16", "bfloat16"]
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

    def settled(self) -> Self:
        """These settings with everything named that follows from source, device and dtype, once those are known."""
        return self


def is_asked_twice(guidance_scale: float) -> bool:
    """Whether a step evaluates the UNet a second time, without the prompt; the scale itself costs nothing."""
    return guidance_scale > 1


def settled_picture(picture: str, source: str) -> str:
    """The picture by its own word, once the source is known."""
    return picture if picture != "shipped" else "scene" if source == "embedded" else "table"
