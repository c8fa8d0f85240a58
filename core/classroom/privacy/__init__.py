"""What is kept of somebody: shown, taken away, deleted.

    kept_of(database, person_id).answers        # how much there is, for a page
    stored_of(database, person_id)              # everything as plain JSON
    archive(database, person_id)                # the same as a zip, with the pictures
    delete_person(person_id)                    # gone, from the copies of the database, too
    delete_class(class_id); delete_expired()    # the same for a class, and for those whose last day has come

Kept is what the tables hold: no address of anybody, no name but the handle chosen, of cookies and codes only a hash.
"""

from core.classroom.privacy.archive import archive
from core.classroom.privacy.deletion import By, clean, delete_class, delete_expired, delete_person
from core.classroom.privacy.retention import Retention
from core.classroom.privacy.stored import Kept, kept_of, stored_of

__all__ = [
    "By",
    "Kept",
    "Retention",
    "archive",
    "clean",
    "delete_class",
    "delete_expired",
    "delete_person",
    "kept_of",
    "stored_of",
]
