"""allauth's forms without the placeholders that repeat each label."""

from typing import Any

from allauth.account import forms


class _Plain:
    fields: dict[str, Any]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class Login(_Plain, forms.LoginForm):  # type: ignore[misc]
    """Sign in."""


class ChangePassword(_Plain, forms.ChangePasswordForm):  # type: ignore[misc]
    """A new password, by the old one."""


class SetPassword(_Plain, forms.SetPasswordForm):  # type: ignore[misc]
    """A first password."""


class ResetPassword(_Plain, forms.ResetPasswordForm):  # type: ignore[misc]
    """A link by mail to a new password."""


class ResetPasswordKey(_Plain, forms.ResetPasswordKeyForm):  # type: ignore[misc]
    """A new password, by that link."""
