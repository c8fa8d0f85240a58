"""What is known of a model before it is loaded: networks, sizes, files, licence. No torch here."""

from dataclasses import dataclass

DTYPE_BYTES = {"float32": 4, "float16": 2, "bfloat16": 2}


@dataclass(frozen=True)
class Component:
    """One network inside a model."""

    name: str
    title: str
    parameters: int


@dataclass(frozen=True)
class Model:
    """A model of the lesson.

    Attributes:
        repo: repository on the Hub, or on GitHub where there is a `url`.
        revision: commit, branch or release.
        variant: file variant on the Hub (`fp16`), or None.
        components: the networks inside; `twin` the same of the small twin, nothing where there is none.
        twin_reason: why there is none.
        download_bytes: what a first download transfers.
        required_files: files beside the configurations without which a download is not whole.
        tied_parameters: parameters that the Hub's file holds a second time.
        url: address of the weights where they are not on the Hub.
        gpu_dtype: what `auto` takes on a GPU; for bfloat16 it is float16 where a card has no units for that.
        native_size: picture side in pixels that it was trained for, None for text.
        twin_size: the same for the small twin.
        most_steps: as many as the schedule of a model has that was distilled to few steps; None for all others.
        usual_steps, usual_guidance: what a picture is drawn with where nothing else is asked for.
    """

    id: str
    title: str
    task: str
    repo: str
    licence: str
    components: tuple[Component, ...]
    twin: tuple[Component, ...]
    download_bytes: int
    storage_dtype: str
    twin_reason: str | None = None
    revision: str = "main"
    variant: str | None = None
    allow_patterns: tuple[str, ...] = ()
    required_files: tuple[str, ...] = ()
    tied_parameters: int = 0
    url: str | None = None
    gpu_dtype: str = "float16"
    native_size: int | None = None
    twin_size: int | None = None
    most_steps: int | None = None
    usual_steps: int = 50
    usual_guidance: float = 7.5

    @property
    def has_two_text_encoders(self) -> bool:
        """Whether it is of SDXL's kind, which another pipeline runs."""
        return any(component.name == "text_encoder_2" for component in self.components)

    @property
    def parameters(self) -> int:
        """Parameters of all networks together."""
        return sum(component.parameters for component in self.components)

    @property
    def twin_parameters(self) -> int:
        """Parameters of all networks of the small twin."""
        return sum(component.parameters for component in self.twin)

    @property
    def file(self) -> str | None:
        """Name of the one file that `url` points to; None where the Hub has the weights."""
        return self.url.rpartition("/")[2] if self.url else None

    @property
    def stored_bytes(self) -> int:
        """Bytes of all tensors in the weights files, on the Hub and in the dummy checkpoint alike."""
        return (self.parameters + self.tied_parameters) * DTYPE_BYTES[self.storage_dtype]

    def weights_bytes(self, dtype: str) -> int:
        """Bytes that the weights take in memory at `dtype`."""
        return self.parameters * DTYPE_BYTES[dtype]
