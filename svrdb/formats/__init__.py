"""Databases of other OCF stacks, read and written: IoTivity, IoTivity-Lite, and dumps for people.

    from uuid import uuid4
    from onboardee.svrdb.formats import Form, read, write

    found = read("oic_svr_db_server.dat", new_uuid=uuid4)
    print(found.database.doxm.device_uuid, *found.warnings)
    write("kitchen_creds", found.database, form=Form.LITE)

What a form cannot hold is told by the warnings that `write` returns, and by docs/guide.md.
"""

from onboardee.svrdb.formats.errors import FormatError
from onboardee.svrdb.formats.files import Form, Options, decode, detect, encode, read, write
from onboardee.svrdb.formats.stored_resources import Imported

__all__ = [
    "Form",
    "FormatError",
    "Imported",
    "Options",
    "decode",
    "detect",
    "encode",
    "read",
    "write",
]
