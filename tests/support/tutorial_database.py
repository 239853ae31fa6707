"""Makes a database as an application on SQLAlchemy and passlib has it, for the tests of the import.

    python tutorial_database.py FILE short|full

`short` has the five columns that such an application begins with, `full` the ten that it ends with. Who is in it, with
the password that they chose, is printed: a JSON object a line.
"""

import json
import sys
from datetime import datetime, timezone

from passlib.hash import argon2, bcrypt
from sqlalchemy import Boolean, DateTime, String, create_engine, func
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Table(DeclarativeBase):
    pass


def table(form):
    """The mapped class of one of the two forms."""

    class User(Table):
        __tablename__ = "users"

        id: Mapped[int] = mapped_column(primary_key=True, index=True)
        email: Mapped[str] = mapped_column(String, unique=True, index=True)
        username: Mapped[str] = mapped_column(String, unique=True, index=True)
        hashed_password: Mapped[str] = mapped_column(String)
        is_active: Mapped[bool | None] = mapped_column(Boolean, default=True)
        if form == "full":
            first_name: Mapped[str | None] = mapped_column(String)
            last_name: Mapped[str | None] = mapped_column(String)
            created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
            updated_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), onupdate=func.now())
            last_login: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    return User


# Who, with which password, hashed how. Twelve rounds are the library's default; four keep the test short.
DEFAULT, CHEAP = bcrypt, bcrypt.using(rounds=4)
PEOPLE = [
    ("anna", "canary-Import-Kx7-pw", DEFAULT),
    ("boris-2", "canary-Import-Qz3-pw", DEFAULT),
    ("Вера", "canary-Пароль-с-буквами", CHEAP),
    ("long", "canary-" + "long-" * 20, CHEAP),
    ("old-kind", "canary-Import-2a-pw", bcrypt.using(rounds=4, ident="2a")),
    ("php-kind", "canary-Import-2y-pw", bcrypt.using(rounds=4, ident="2y")),
    ("argon", "canary-Import-argon-pw", argon2),
    ("argon-i", "canary-Import-argon-i-pw", argon2.using(type="I", rounds=2, memory_cost=1024, parallelism=2)),
    *((f"member_{number}", f"canary-Import-member-{number:02}", CHEAP) for number in range(20)),
]


def main():
    file, form = sys.argv[1:]
    User = table(form)
    engine = create_engine(f"sqlite:///{file}")
    Table.metadata.create_all(engine)
    with Session(engine) as session:
        for number, (username, password, function) in enumerate(PEOPLE):
            user = User(
                email=f"person{number}@Example.com",
                username=username,
                hashed_password=function.hash(password),
                is_active=username != "member_7",
            )
            if form == "full" and number % 2 == 0:
                user.first_name, user.last_name = f"{username} first", "O'Hara"
                user.last_login = datetime(2026, 1, 31, 12, 30, number, 250000, tzinfo=timezone.utc)
            session.add(user)
            print(json.dumps({"username": username, "password": password, "is_active": user.is_active}))
        session.commit()
    engine.dispose()


main()
