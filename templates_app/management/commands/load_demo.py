"""`manage.py load_demo`: the demo brand, its people, scenes, prompts and formats."""

from typing import Any

from django.core.management.base import BaseCommand

from templates_app.demo import Person, load_demo


class Command(BaseCommand):
    help = "Loads the demo brand Banana Co. Safe to run twice: what is there is left as it is."

    def handle(self, *args: Any, **options: Any) -> None:
        brand, people = load_demo()
        self.stdout.write(f"The demo brand “{brand}” is there.")
        if people:
            self.stdout.write("Its people, with passwords made for this install and shown only now:")
        else:
            words = "Its people have their passwords; `manage.py changepassword dana` sets a new one."
            self.stdout.write(words)
        for person in people:
            self.stdout.write(line(person))


def line(person: Person) -> str:
    """Name, password and role, in columns."""
    return f"  {person.user.username:<6} {person.password:<14} {person.role}"
