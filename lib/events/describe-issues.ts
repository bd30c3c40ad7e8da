import * as v from 'valibot';

/** Issues that a message names; a list of UEs may have hundreds. */
const MAX_ISSUES = 5;
/** The longest message of one issue, in characters: it may repeat what was received. */
const MAX_MESSAGE = 300;

/** Says for people what is wrong with a value: each wrong field, and what it takes. */
export function describeIssues(issues: readonly v.BaseIssue<unknown>[]): string {
  const found = issues.flatMap((issue) => flatten(issue, ''));
  const named = found.slice(0, MAX_ISSUES).join('; ');
  const more = found.length - MAX_ISSUES;
  return more > 0 ? `${named}; and ${more} more` : named;
}

/**
 * An issue of a union says that no form fits. Where a field of a form is there and wrong, its issues are what
 * helps; else the union's own message, which lists the forms.
 */
function flatten(issue: v.BaseIssue<unknown>, before: string): string[] {
  const path = [before, v.getDotPath(issue) ?? ''].filter((part) => part !== '').join('.');
  const ofPresentFields = (issue.issues ?? []).filter(({ path, input }) => path && input !== undefined);
  if (issue.type === 'union' && ofPresentFields.length > 0)
    return ofPresentFields.flatMap((each) => flatten(each, path));
  return [`${path === '' ? '(root)' : path}: ${issue.message.slice(0, MAX_MESSAGE)}`];
}
