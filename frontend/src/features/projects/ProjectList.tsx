import { Button, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";

import type { Project } from "@/api/types";
import { useTranslation } from "@/i18n/react";
import { DatasetTitle } from "@/shared/DatasetTitle";
import { formatAge } from "@/shared/format";
import { ProblemText } from "@/shared/ProblemText";

import { MiniGraph } from "@/shared/MiniGraph";
import { ProjectMenu } from "./ProjectMenu";
import classes from "./projects.module.css";
import { projectsQuery } from "./queries";

const SHOWN = 6;

/** The own projects, last changed first. Nothing is shown before there is one. */
export function ProjectList() {
  const { t } = useTranslation();
  const projects = useQuery(projectsQuery);
  const [all, setAll] = useState(false);
  if (projects.isError)
    return <ProblemText error={projects.error} title={t("No projects")} onRetry={() => void projects.refetch()} />;
  const items = projects.data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <section className={classes["projects"]} aria-labelledby="projects">
      <Title order={2} id="projects" mb="sm">
        {t("Your projects")}
      </Title>
      <div className="nw-card">
        {(all ? items : items.slice(0, SHOWN)).map((project) => (
          <Row key={project.id} project={project} />
        ))}
      </div>
      {items.length > SHOWN ? (
        <Button variant="subtle" size="compact-sm" mt="xs" onClick={() => setAll(!all)}>
          {all ? t("Show fewer") : t("Show all {{count}}", { count: items.length })}
        </Button>
      ) : null}
    </section>
  );
}

function Row({ project }: { project: Project }) {
  const { t } = useTranslation();
  const count = project.graph.nodes.length;
  return (
    <div className={classes["row"]}>
      <div className={classes["small"]}>
        <MiniGraph graph={project.graph} height={30} />
      </div>
      <div>
        <Link href={`/projects/${project.id}`} className={classes["open"] ?? ""}>
          {project.name}
        </Link>
        <Text size="xs" c="dimmed">
          {t("{{count}} nodes", { count })} · {project.dataset === null ? t("no data set") : <DatasetTitle id={project.dataset} />}
        </Text>
      </div>
      <span className={classes["age"]}>{formatAge(project.updated_at)}</span>
      <div className={classes["menu"]}>
        <ProjectMenu project={project} />
      </div>
    </div>
  );
}
