"""The roof as an app, so that its management commands are found."""

from django.apps import AppConfig


class FracopsConfig(AppConfig):
    name = "fracops"
