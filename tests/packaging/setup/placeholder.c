/* Stands in for each program of the payload: notes its arguments, or keeps running.

   wait FILE                  make FILE, then run until FILE is deleted
   --schedule-import TIME     exit code 2 if TIME is not 03:30
   anything else              exit code 0 */

#include <stdio.h>
#include <string.h>
#include <windows.h>

int main(int count, char **arguments)
{
    char notes[MAX_PATH];
    FILE *file;
    int number;

    if (count == 3 && strcmp(arguments[1], "wait") == 0) {
        fclose(fopen(arguments[2], "w"));
        while (GetFileAttributesA(arguments[2]) != INVALID_FILE_ATTRIBUTES)
            Sleep(20);
        return 0;
    }
    snprintf(notes, sizeof notes, "%s\\freesport_sync\\calls.txt", getenv("LOCALAPPDATA"));
    if ((file = fopen(notes, "a")) != NULL) {
        for (number = 1; number < count; number++)
            fprintf(file, "%s%s", arguments[number], number + 1 < count ? " " : "\n");
        fclose(file);
    }
    return count == 3 && strcmp(arguments[1], "--schedule-import") == 0 && strcmp(arguments[2], "03:30") != 0 ? 2 : 0;
}
