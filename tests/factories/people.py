from __future__ import annotations

import factory
from django.contrib.auth.hashers import make_password

from accounts.models import User

PASSWORD = "a long enough pass phrase"  # noqa: S105


class UserFactory(factory.django.DjangoModelFactory):
    username = factory.Sequence(lambda n: f"person-{n}")
    password = factory.LazyFunction(lambda: make_password(PASSWORD))

    class Meta:
        model = User
