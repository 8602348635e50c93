/** What a role lets do, in its own database or in all of them. */
const ROLES = {
  root: { everywhere: ['read', 'write', 'manage', 'monitor', 'users'] },
  readAnyDatabase: { everywhere: ['read'] },
  readWriteAnyDatabase: { everywhere: ['read', 'write', 'manage'] },
  dbAdminAnyDatabase: { everywhere: ['manage'] },
  userAdminAnyDatabase: { everywhere: ['users'] },
  clusterAdmin: { everywhere: ['monitor', 'manage'] },
  clusterMonitor: { everywhere: ['monitor'] },
  read: { own: ['read'] },
  readWrite: { own: ['read', 'write', 'manage'] },
  dbAdmin: { own: ['manage'] },
  dbOwner: { own: ['read', 'write', 'manage', 'users'] },
  userAdmin: { own: ['users'] },
};

export const isRole = (name) => Object.hasOwn(ROLES, name);

/** Whether a user's roles allow `right` in a database. */
export function allows(user, right, database) {
  return user.roles.some(({ role, db }) => {
    const { everywhere = [], own = [] } = ROLES[role] ?? {};
    return everywhere.includes(right) || (own.includes(right) && db === database);
  });
}

/** Whether a user's roles allow `right` in some database. */
export function allowsSomewhere(user, right) {
  return user.roles.some(({ role }) => [...(ROLES[role]?.everywhere ?? []), ...(ROLES[role]?.own ?? [])].includes(right));
}
