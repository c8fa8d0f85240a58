"""Settings of the runtime lab: none beyond the device, as it only reads facts."""

from core.labs.settings import LabSettings


class Settings(LabSettings):
    device: str = "cpu"
