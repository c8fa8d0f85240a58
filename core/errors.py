"""What can go wrong, each with what to do next.

Every error carries three things: a `kind` (one word that code can compare), a message with the value
that caused it, and a remedy in the imperative.
"""


class LabError(Exception):
    """Base of all errors that a student or teacher may see.

    Args:
        message: what happened, with the value.
        remedy: what to do next.
    """

    kind = "lab_error"

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def as_record(self) -> dict[str, str]:
        """The `error` field of a run record."""
        return {"kind": self.kind, "message": self.message, "remedy": self.remedy}


class InvalidSettings(LabError):
    """A setting is unknown or outside its range; nothing was queued."""

    kind = "invalid_settings"


class WeightsUnavailable(LabError):
    """Weights could not be had: no network, not cached, damaged, or no space."""

    kind = "weights_unavailable"


class DeviceUnavailable(LabError):
    """The device asked for is not on this machine."""

    kind = "device_unavailable"


class DeviceLost(LabError):
    """The device stopped answering during a run; this process cannot use it any more."""

    kind = "device_lost"


class OutOfMemory(LabError):
    """The run needed more memory than the device could give."""

    kind = "out_of_memory"


class RunCancelled(LabError):
    """The student asked for the run to stop."""

    kind = "cancelled"


class RunTimedOut(LabError):
    """The run took longer than its limit."""

    kind = "timed_out"


class QueueFull(LabError):
    """The student already has a run waiting, or as many runs wait as the installation takes."""

    kind = "queue_full"


class BadPicture(LabError):
    """An uploaded file is not a picture that the lab can take."""

    kind = "bad_picture"


class AnswerRefused(LabError):
    """A prediction or an answer that cannot be taken; nothing was stored."""

    kind = "answer_refused"


class TunnelFailed(LabError):
    """A tunnel could not be opened, or ended for good."""

    kind = "tunnel_failed"
