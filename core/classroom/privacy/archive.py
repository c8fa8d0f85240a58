"""Everything kept of one person as a zip: `data.json`, and the pictures as files that it names."""

import io
import json
import zipfile

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.classroom.privacy.stored import picture_file, stored_of, upload_file
from core.store.tables import Picture, Run, Upload

DATA = "data.json"


def archive(session: Session, person_id: str, *, with_keys: bool = False) -> bytes:
    """The zip.

    Args:
        with_keys: as for `stored_of`.
    """
    out = io.BytesIO()
    # Stored: a PNG does not get smaller. Only the JSON does.
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as files:
        data = json.dumps(stored_of(session, person_id, with_keys=with_keys), indent=1, ensure_ascii=False)
        files.writestr(DATA, data, zipfile.ZIP_DEFLATED)
        pictures = select(Picture).join(Run).where(Run.person_id == person_id).execution_options(yield_per=1)
        for picture in session.scalars(pictures):
            files.writestr(picture_file(picture.run_id, picture.index, picture.role), picture.png)
        for upload in session.scalars(select(Upload).where(Upload.person_id == person_id)):
            files.writestr(upload_file(upload.id), upload.png)
    return out.getvalue()
