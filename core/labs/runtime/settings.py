"""Settings of the runtime lab: none beyond the device, as it only reads facts."""

from core.runs.settings import Device, LabSettings


class Settings(LabSettings):
    device: Device = "cpu"
