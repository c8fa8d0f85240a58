"""The weights of every model: what is here, what comes, what a class should not have to wait for."""

from ui.teacher.guard import guard
from ui.teacher.models import models

guard()
models()
