"""``/theme``: how whoever has signed in wants to see edukit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tornado.web import HTTPError, authenticated

from edukit.errors import ActionError, StoreError
from edukit.serving.plain import PlainPage
from edukit.serving.sign_in import inside

if TYPE_CHECKING:
    from edukit.serving.door import Door


class Theme(PlainPage):
    """Keeps a theme: a script's call needs no page, and a form's goes on to the one that it stood on."""

    @authenticated
    async def post(self) -> None:
        """Keep the theme that was chosen."""
        door: Door = self.settings["door"]
        try:
            await door.look(door.show_in, self.get_body_argument("theme"), self.current_user)
        except ActionError as error:
            raise HTTPError(400, str(error)) from error
        except StoreError as error:
            raise HTTPError(503) from error
        wanted = self.get_body_argument("next", None)
        if wanted is None:
            self.set_status(204)
            self.finish()
        else:
            self.redirect(inside(wanted, self.base_url), status=303)
