import { Button } from "@mantine/core";
import { Compass } from "lucide-react";
import { Link } from "wouter";

import { EmptyState } from "@/shared/EmptyState";

export function NotFound() {
  return (
    <EmptyState icon={Compass} title="There is nothing here" text="The address may be mistyped, or the thing was deleted.">
      <Button component={Link} href="/">
        To the projects
      </Button>
    </EmptyState>
  );
}
