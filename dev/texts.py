"""`make texts`: exports the texts to translate and brings the translations in step with them."""

from dev.machine import paths, scratch
from dev.machine.progress import say, step
from dev.testing import shell, templates

LANGUAGES = ("de", "es", "fr")


def run() -> int:
    """Write the template and the translations of the addon and of each glue addon; return the exit code."""
    home, _base = templates.prepare()
    glue = paths.glue_addons()
    template = templates.addon_template(home, (paths.ADDON, *glue))
    folders = {paths.ADDON: paths.REPO / "i18n", **{name: paths.GLUE / name / "i18n" for name in glue}}
    with scratch.folder() as folder, templates.cluster_from(template, folder) as cluster:
        site = templates.new_site(cluster, template, folder, "texts")
        with step("Exporting texts"):
            for module, target in folders.items():
                missing = shell.call(
                    site, "texts.export", module=module, folder=str(target), languages=list(LANGUAGES)
                )
                say(f"{module}: " + ", ".join(f"{language} lacks {n}" for language, n in missing.items()))
    return 0
