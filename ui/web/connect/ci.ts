/** Runners, and a Docker of their own. */
import { docker } from "./machines.ts";
import { type Client, exampleOf, shortExample, type Target, throughAddress } from "./target.ts";
import { buildkitToml, daemonFlags, indented } from "./texts.ts";

/** The options of a Docker that pulls through Berth, as lists in TOML and YAML have them. */
const flagList = (target: Target): string =>
  JSON.stringify(daemonFlags(target)).replaceAll(",", ", ");

const namesNote = ({ isDefault }: Target): string =>
  isDefault
    ? ""
    : " Docker mirrors only its default registry: images of others are pulled by Berth's address.";

export const gitlabRunner: Client = {
  id: "gitlab-runner",
  name: "GitLab Runner",
  group: "CI",
  steps: (target) => [
    {
      title: "For jobs that have a docker:dind (executor docker)",
      file: "/etc/gitlab-runner/config.toml",
      text: `[[runners]]
  executor = "docker"
  [runners.docker]
    privileged = true
    [[runners.docker.services]]
      name = "docker:dind"
      alias = "docker"
      command = ${flagList(target)}`,
    },
    {
      title: "Or in one project",
      file: ".gitlab-ci.yml",
      text: `services:
  - name: docker:dind
    alias: docker
    command: ${flagList(target)}`,
    },
  ],
  test: docker.test,
  note: (target) =>
    "The images that jobs run in are pulled by the runner machine's Docker, which is set up as any other, or by the nodes with executor kubernetes." +
    namesNote(target),
};

export const githubRunner: Client = {
  id: "github-runner",
  name: "GitHub Actions",
  group: "CI",
  steps: (target) => [{
    title: "Builds: a step of the workflow",
    file: ".github/workflows/build.yml",
    text: `- uses: docker/setup-buildx-action@v3
  with:
    buildkitd-config-inline: |
${indented(buildkitToml(target), 6)}`,
  }],
  test: (target) => `echo "FROM ${exampleOf(target)}" | docker buildx build --pull -`,
  note: () =>
    "For runners of your own, which reach Berth. Containers and services of jobs are pulled by the runner machine's Docker, which is set up as any other; in ARC's dind mode its options stand in the pod's template.",
};

export const dockerInDocker: Client = {
  id: "dind",
  name: "Docker in Docker",
  group: "CI",
  steps: (target) => [{
    title: "Start it with Berth as its mirror",
    file: "",
    text: `docker run --privileged --detach --name dind docker:dind \\
  ${daemonFlags(target).join(" ")}`,
  }],
  test: (target) =>
    `docker exec dind docker pull ${
      target.isDefault ? shortExample(target) : throughAddress(target)
    }`,
  note: (target) => namesNote(target).trim(),
};
