"""Where staff sign in, and find their way back in."""

from django.urls import path

from . import views

app_name = "accounts"
urlpatterns = [
    path("login", views.SignInView.as_view(), name="login"),
    path("logout", views.SignOutView.as_view(), name="logout"),
    path("profile", views.profile, name="profile"),
    path("password", views.PasswordView.as_view(), name="password_change"),
    path("forgotten", views.forgotten, name="forgotten"),
    path("forgotten/sent", views.forgotten_sent, name="forgotten_sent"),
    path("reset/<uidb64>/<token>", views.ByLink.as_view(), name="reset"),
    path(
        "invitation/<uidb64>/<token>",
        views.InvitationView.as_view(),
        name="invitation",
    ),
]
