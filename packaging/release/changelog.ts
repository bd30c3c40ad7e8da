/**
 * What the changelog says under a heading, as `1.0.0` or `Unreleased`.
 * @returns undefined when there is no such heading
 */
export function sectionOf(changelog: string, heading: string): string | undefined {
  const [, ...sections] = changelog.split(/^## /m);
  const section = sections.find((each) => each.startsWith(`[${heading}]`));
  return section === undefined ? undefined : section.slice(section.indexOf('\n') + 1).trim();
}
