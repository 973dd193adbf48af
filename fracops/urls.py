"""Every address of FracOps."""


urlpatterns: list = []
