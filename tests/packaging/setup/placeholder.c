/* Stands in for each program of the payload: notes its arguments, or does for a test what only a Windows program can.

   wait FILE              make FILE, then run until FILE is deleted
   hold FILE              the same as if it were a setup
   keep TARGET            put a password into the Credential Manager
   has TARGET             exit code 0 if there is one
   --schedule-import T    exit code 2 if T is not 03:30
   ... --output FILE      write a task for the Task Scheduler into FILE
   anything else          exit code 0 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>
#include <wincred.h>

static int wait_for(const char *path)
{
    fclose(fopen(path, "w"));
    while (GetFileAttributesA(path) != INVALID_FILE_ATTRIBUTES)
        Sleep(20);
    return 0;
}

static int keep(char *target)
{
    CREDENTIALA credential = {0};

    credential.Type = CRED_TYPE_GENERIC;
    credential.TargetName = target;
    credential.CredentialBlob = (LPBYTE)"secret";
    credential.CredentialBlobSize = 6;
    credential.Persist = CRED_PERSIST_LOCAL_MACHINE;
    return CredWriteA(&credential, 0) ? 0 : 1;
}

static int has(const char *target)
{
    PCREDENTIALA found;

    return CredReadA(target, CRED_TYPE_GENERIC, 0, &found) ? 0 : 1;
}

static void note(int count, char **arguments)
{
    char path[MAX_PATH];
    FILE *file;
    int number;

    snprintf(path, sizeof path, "%s\\freesport_sync\\calls.txt", getenv("LOCALAPPDATA"));
    if ((file = fopen(path, "a")) == NULL)
        return;
    for (number = 1; number < count; number++)
        fprintf(file, "%s%s", arguments[number], number + 1 < count ? " " : "\n");
    fclose(file);
}

static int describe(const char *path)
{
    static const wchar_t task[] =
        L"\xFEFF<?xml version=\"1.0\"?><Task version=\"1.2\" "
        L"xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\"><RegistrationInfo/><Triggers/>"
        L"<Settings/><Actions><Exec><Command>freesport-sync-window.exe</Command></Exec></Actions></Task>";
    FILE *file = fopen(path, "wb");

    if (file == NULL)
        return 1;
    fwrite(task, sizeof task - sizeof *task, 1, file);
    fclose(file);
    return 0;
}

int main(int count, char **arguments)
{
    const char *what = count == 3 ? arguments[1] : "";

    if (strcmp(what, "hold") == 0)
        CreateMutexA(NULL, FALSE, "Local\\freesport-sync-setup");
    if (strcmp(what, "wait") == 0 || strcmp(what, "hold") == 0)
        return wait_for(arguments[2]);
    if (strcmp(what, "keep") == 0)
        return keep(arguments[2]);
    if (strcmp(what, "has") == 0)
        return has(arguments[2]);
    note(count, arguments);
    if (count > 2 && strcmp(arguments[count - 2], "--output") == 0)
        return describe(arguments[count - 1]);
    return strcmp(what, "--schedule-import") == 0 && strcmp(arguments[2], "03:30") != 0 ? 2 : 0;
}
