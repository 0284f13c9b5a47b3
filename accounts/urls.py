"""Where staff sign in."""

from django.urls import path

from .views import PasswordView, SignInView, SignOutView

app_name = "accounts"
urlpatterns = [
    path("login", SignInView.as_view(), name="login"),
    path("logout", SignOutView.as_view(), name="logout"),
    path("password", PasswordView.as_view(), name="password_change"),
]
