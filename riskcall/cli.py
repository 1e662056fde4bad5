"""The command line: each command is thin, imports what it needs when it runs, and ends with a clear status."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskcall.bench_cli import bench_app
from riskcall.eval.cli import eval_app

if TYPE_CHECKING:
    from riskcall.settings import Settings

app = typer.Typer(
    help="Confirms suspicious payments with a bank's customers by voice, and hands what looks risky to a person.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
models_app = typer.Typer(help="Speech models: what there is, what is here, and how to get it.", no_args_is_help=True)
alert_app = typer.Typer(help="Example alerts: list them, or send one to a running riskcall.", no_args_is_help=True)
account_app = typer.Typer(help="Local accounts of the reviewers' desk.", no_args_is_help=True)
app.add_typer(models_app, name="models")
app.add_typer(alert_app, name="alert")
app.add_typer(account_app, name="account")
prompts_app = typer.Typer(help="The agent's wording: check it, hear a line, see its version.", no_args_is_help=True)
app.add_typer(prompts_app, name="prompts")
app.add_typer(eval_app, name="eval")
app.add_typer(bench_app, name="bench")
trunk_app = typer.Typer(help="Telephone trunks that LiveKit keeps: put them there, list them.", no_args_is_help=True)
app.add_typer(trunk_app, name="trunk")


def _settings() -> Settings:
    from riskcall.settings import load_settings

    return load_settings()


@app.command()
def demo(
    customer: Annotated[str, typer.Option(help="Who answers: a persona such as denies, genuine, coached.")] = "coached",
    alert: Annotated[str, typer.Option(help="Which example alert fires; empty takes the persona's own.")] = "",
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the whole result to this file.")] = None,
    wait: Annotated[bool, typer.Option(help="Keep the desk open afterwards when on a terminal.")] = True,
    data: Annotated[
        Path | None, typer.Option(help="Folder for database and recordings; a new one in var/demo when left out.")
    ] = None,
    port: Annotated[int, typer.Option(help="Port of the desk; 0 takes a free one.")] = 0,
) -> None:
    """Fire an example alert, let a simulated customer answer in real audio, and show the call as it happens."""
    from riskcall.starting import begin_loading

    begin_loading()
    from riskcall.demo.run import DemoOptions, run

    raise SystemExit(
        run(DemoOptions(customer=customer, alert=alert, json_file=json_file, wait=wait, data=data, port=port))
    )


@app.command()
def serve() -> None:
    """Run the API, the desk, the effects and the calls in one process."""
    from riskcall.starting import begin_loading

    begin_loading()
    from riskcall.serve import run

    run(_settings())


@app.command()
def call(
    number: Annotated[str, typer.Option(help="Whom to call, in E.164 form such as +442079460000.")],
    alert: Annotated[str, typer.Option(help="Which example alert the call is about.")] = "new-payee-transfer",
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the whole result to this file.")] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder for database and recordings; a new one in var/calls when left out.")
    ] = None,
) -> None:
    """Place one real call on the trunk of the settings, about an example alert, and show it as it happens."""
    from riskcall.starting import begin_loading

    begin_loading()
    from riskcall.call import CallOptions, run

    raise SystemExit(run(_settings(), CallOptions(number=number, alert=alert, json_file=json_file, data=data)))


@app.command()
def agent() -> None:
    """Hold calls for `riskcall serve` as a LiveKit worker, one process a call."""
    from riskcall.worker import run

    run(_settings())


@app.command()
def doctor(
    telephony: Annotated[bool, typer.Option(help="Examine LiveKit, LiveKit SIP and the trunk instead.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --telephony: print the findings as JSON.")] = False,
) -> None:
    """Say what is installed, what would be chosen and why, and how to get what is missing."""
    if telephony:
        from riskcall.doctor_telephony import run as run_telephony

        raise SystemExit(run_telephony(_settings(), as_json=as_json))
    from riskcall.doctor import run

    raise SystemExit(run(_settings()))


@trunk_app.command("apply")
def trunk_apply(
    files: Annotated[list[Path], typer.Argument(help="Files of trunks and rules, as in deploy/livekit/trunks.")],
) -> None:
    """Make the trunks and dispatch rules of these files in LiveKit, or change those of the same name."""
    from riskcall.trunks import apply

    apply(_settings(), files)


@trunk_app.command("list")
def trunk_list() -> None:
    """List the trunks and dispatch rules that LiveKit keeps."""
    from riskcall.trunks import show

    show(_settings())


@models_app.command("list")
def models_list() -> None:
    """List the speech models riskcall knows, with size, language and whether they are here."""
    from riskcall.models import show_models

    show_models(_settings())


@models_app.command("pull")
def models_pull(name: Annotated[str, typer.Argument(help="A name from `riskcall models list`.")]) -> None:
    """Fetch a speech model into the data folder; needs a network."""
    from riskcall.models import pull_model

    pull_model(_settings(), name)


@alert_app.command("list")
def alert_list() -> None:
    """List the named example alerts."""
    from riskcall.alerts import show_examples

    show_examples()


@alert_app.command("send")
def alert_send(
    example: Annotated[str, typer.Option(help="A named example alert.")] = "new-payee-transfer",
    file: Annotated[Path | None, typer.Option(help="An alert document in JSON or YAML instead of an example.")] = None,
    url: Annotated[str, typer.Option(help="Where riskcall listens; empty takes the settings' address.")] = "",
    alert_id: Annotated[str, typer.Option("--id", help="Id of the alert; empty makes a new one.")] = "",
) -> None:
    """Sign an alert with the webhook secret of the settings, send it, and print the answer."""
    from riskcall.alerts import send

    raise SystemExit(send(_settings(), example=example, file=file, url=url, alert_id=alert_id))


@account_app.command("add")
def account_add(
    name: Annotated[str, typer.Argument(help="Account name of the reviewer.")],
    password: Annotated[
        str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, help="Asked for when left out.")
    ],
    phone: Annotated[
        str, typer.Option(help="Number on which the reviewer takes customers, such as +442079460000.")
    ] = "",
) -> None:
    """Add a reviewer's account, or set its password and telephone anew."""
    from riskcall.accounts import add_account

    add_account(_settings(), name, password, phone)


@account_app.command("list")
def account_list() -> None:
    """List the accounts of the desk."""
    from riskcall.accounts import show_accounts

    show_accounts(_settings())


_Folder = Annotated[Path | None, typer.Option(help="A folder laid out like `prompts`; riskcall's own when left out.")]


@prompts_app.command("check")
def prompts_check(
    folder: _Folder = None,
    show: Annotated[str, typer.Option(help="Say the lines of this act, or the warnings against this fraud.")] = "",
    lang: Annotated[str, typer.Option(help="Language of what is shown: en or zh.")] = "en",
    alert: Annotated[str, typer.Option(help="Example alert whose facts are put in; empty takes the first.")] = "",
) -> None:
    """Say everything that is wrong with wording, by file and line; or show lines as a customer hears them."""
    from riskcall.wording import run_check, run_show

    if show:
        raise SystemExit(run_show(show, language=lang, alert=alert, folder=folder))
    raise SystemExit(run_check(folder))


@prompts_app.command("list")
def prompts_list(folder: _Folder = None) -> None:
    """Show the hash of every file of wording, and the version over all of them that each call records."""
    from riskcall.wording import run_list

    raise SystemExit(run_list(folder))


def main() -> None:
    """Run the command line; what the caller can mend ends with status 2 and one clear message."""
    from riskcall.errors import FrontDoorError

    try:
        app()
    except FrontDoorError as error:
        typer.echo(f"riskcall: {error}", err=True)
        raise SystemExit(2) from error
    finally:
        # A command may have ended while it was still loading.
        gc.enable()
