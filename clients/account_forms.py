"""allauth's forms with our labels, and without the placeholders that repeat each."""

from typing import Any

from allauth.account import forms

_LABELS = {
    "oldpassword": "Current password",
    "password1": "New password",
    "password2": "The new password again",
    "remember": "Keep me signed in",
}


class _Plain:
    fields: dict[str, Any]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = _LABELS.get(name, field.label)


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
