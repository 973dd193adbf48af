"""Every address of FracOps."""

from django.urls import path

urlpatterns: list = []
