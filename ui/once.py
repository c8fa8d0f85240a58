"""A property that is worked out once per object. `functools.cached_property` lets one thread at a time do so, for all
objects of a class together; a hundred pages that ask the database stood in line there.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class Once(Generic[T]):
    """As a decorator, like `property`. The object belongs to one thread."""

    def __init__(self, work: Callable[[Any], T]) -> None:
        self._work = work
        self.__doc__ = work.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> "Once[T]": ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> "Once[T] | T":
        if instance is None:
            return self
        # Into the object's own dictionary, where it is found before this is asked again.
        found = instance.__dict__[self._work.__name__] = self._work(instance)
        return found
