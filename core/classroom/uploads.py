"""A student's own pictures. Only the newest few are kept.

Several pictures of one upload lie beside each other in one, whose id begins with `SEVERAL`: a lab that takes a single
picture does not offer it.
"""

import time
from uuid import uuid4

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.store.tables import Upload

KEPT = 5
SEVERAL = "000000"


def keep_upload(session: Session, person_id: str, png: bytes, several: bool = False) -> str:
    """Store a checked picture and let the oldest beyond `KEPT` go; gives its id.

    Args:
        several: it is a strip of several pictures beside each other.
    """
    upload_id = SEVERAL + uuid4().hex[len(SEVERAL) :] if several else uuid4().hex
    upload = Upload(id=upload_id, person_id=person_id, created_at=time.time(), png=png)
    session.add(upload)
    session.flush()
    newest = select(Upload.id).where(Upload.person_id == person_id).order_by(Upload.created_at.desc()).limit(KEPT)
    kept = list(session.scalars(newest))
    session.execute(delete(Upload).where(Upload.person_id == person_id, Upload.id.not_in(kept)))
    return upload.id


def latest_upload(session: Session, person_id: str) -> str | None:
    """Id of the newest single picture, None without one."""
    mine = select(Upload.id).where(Upload.person_id == person_id, Upload.id.not_like(f"{SEVERAL}%"))
    return session.scalars(mine.order_by(Upload.created_at.desc()).limit(1)).first()


def upload_of(session: Session, person_id: str, upload_id: str) -> bytes | None:
    """The PNG of one of somebody's pictures; None where it is not theirs, or gone."""
    return session.scalar(select(Upload.png).where(Upload.id == upload_id, Upload.person_id == person_id))
